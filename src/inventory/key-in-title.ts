/**
 * The key of a map whose entries belong to several titles. Idempotency keys and the codes of items are unique within a
 * title only. The id of a title has no slash, so two pairs never have the same text.
 */
export function keyInTitle(title: string, name: string): string {
  return `${title}/${name}`;
}
