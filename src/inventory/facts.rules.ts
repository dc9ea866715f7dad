import type { Fact } from '../events/outbox.js';
import type { InstanceChange, Item, MovementKind, NewInstance } from './inventory.types.js';

const verbs: Record<MovementKind, string> = {
  mint: 'minted',
  hold: 'held',
  move: 'moved',
  release: 'released',
  burn: 'burned',
};

/** The fact of one movement. The version lets a reader put the facts of one instance in order and see a gap. */
export function instanceFact(change: InstanceChange): Fact {
  const { id, title, item, kind, version, from, to, cause } = change;
  return { title, type: `instance.${verbs[kind]}`, subject: id, data: { item, version, from, to, cause } };
}

/** The fact of a mint, which is all that a reader needs to know the instance. */
export function mintFact({ id, title, item, owner, properties, serial, cause }: NewInstance): Fact {
  const fact = instanceFact({ id, title, item, kind: 'mint', version: 1, from: null, to: owner, cause });
  return { ...fact, data: { ...fact.data, properties, ...(serial !== null && { serial }) } };
}

/** The fact of an item that was defined or defined anew. */
export function itemFact(title: string, type: 'item.created' | 'item.updated', item: Item): Fact {
  const { code, name, tradeable, limit, retired, version } = item;
  return {
    title,
    type,
    subject: code,
    data: { name, tradeable, ...(limit !== null && { limit }), retired, version },
  };
}
