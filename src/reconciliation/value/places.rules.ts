/** The place before every UUID. */
export const noUuid = '00000000-0000-0000-0000-000000000000';

/** The smallest UUID of version 7 that can be made at a moment. All that was made later sorts behind it. */
export function firstUuidOf(moment: Date): string {
  const hex = moment.getTime().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-0000-0000-000000000000`;
}

/** Where a walk by UUIDs begins: behind nothing, or behind all that was made before a moment. */
export function beginningOf(since: Date | null): string {
  return since === null ? noUuid : firstUuidOf(since);
}

/** How many records one part has. */
export const partSize = 1_000;
