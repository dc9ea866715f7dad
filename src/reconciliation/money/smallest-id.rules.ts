/** The smallest UUIDv7 of a moment. Ids that are made later are greater. */
export function smallestUuid(moment: Date): string {
  const hex = moment.getTime().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
