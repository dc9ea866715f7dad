import type { Evidence, Say } from './evidence.rules.js';
import { edition } from './products.js';

/** Every limited item: its serials are 1 to what was issued, each once, and nothing is reserved any more. */
export function checkEditions({ items, instances }: Evidence, say: Say): void {
  const serials = new Map<string, (number | null)[]>();
  for (const { title, item, serial } of instances.values())
    serials.set(`${title} ${item}`, [...(serials.get(`${title} ${item}`) ?? []), serial]);
  for (const { title, item, limit, issued, reserved } of items) {
    const name = `${title} ${item}`;
    const given = serials.get(name) ?? [];
    if (limit !== (item === edition.item ? edition.limit : null)) say('wrong', `${name} has the limit ${limit}`);
    if (reserved !== 0) say('wrong', `${name} has ${reserved} reserved, and nothing is under way`);
    if (limit === null) {
      if (issued !== 0 || given.some((serial) => serial !== null))
        say('wrong', `${name} has no limit, and a serial or ${issued} issued`);
      continue;
    }
    if (issued > limit || given.length > limit)
      say('doubled', `${name} is issued ${issued} times in ${given.length} instances, and its limit is ${limit}`);
    if (issued !== given.length) say('lost', `${name} is issued ${issued} times and has ${given.length} instances`);
    const distinct = new Set(given);
    if (distinct.size !== given.length) say('doubled', `${name} has a serial twice`);
    for (let serial = 1; serial <= issued; serial++)
      if (!distinct.has(serial)) say('lost', `${name} has no serial ${serial} of ${issued}`);
  }
}
