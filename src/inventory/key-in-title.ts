/**
 * The key of a map whose entries belong to several titles. Idempotency keys and the codes of items are unique within a
 * title only. The id of a title has no slash, so two pairs never have the same text.
 */
export function keyInTitle(title: string, name: string): string {
  return `${title}/${name}`;
}

/** The parts of a text that `keyInTitle` has made; undefined for a text without a title. */
export function partsOfKey(text: string): { title: string; key: string } | undefined {
  const slash = text.indexOf('/');
  return slash < 0 ? undefined : { title: text.slice(0, slash), key: text.slice(slash + 1) };
}
