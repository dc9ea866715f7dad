/**
 * Keys and codes are unique within a title only, so what is found by them is looked up with the title, which has no
 * slash.
 */
export function keyInTitle(title: string, name: string): string {
  return `${title}/${name}`;
}
