import type { Exchange, Leg, Move } from '../../contracts/nouns.js';
import type { FieldError } from '../errors.js';
import { playerOwner } from '../forms.js';
import type { Parties, Party } from './trades.types.js';

/** How many legs and moves a trade may have in all. */
export const maxParts = 50;

/**
 * What is wrong with a trade that can be seen from its body alone, beyond its shape.
 * @returns one error per wrong place, none for a trade that can be accepted
 */
export function faultsOf(parties: Parties): FieldError[] {
  const faults: FieldError[] = [];
  if (parties[0].player === parties[1].player)
    faults.push(fault('/parties/1/player', 'A trade needs two different players.'));
  const parts = parties.reduce((sum, { gives }) => sum + gives.amounts.length + gives.items.length, 0);
  if (parts === 0) faults.push(fault('/parties', 'At least one party must give something.'));
  if (parts > maxParts)
    faults.push(fault('/parties', `A trade has at most ${maxParts} amounts and items in all; this one has ${parts}.`));
  const items = new Set<string>();
  for (const [side, { gives }] of parties.entries()) {
    const assets = new Set<string>();
    for (const [index, { asset }] of gives.amounts.entries()) {
      if (assets.has(asset))
        faults.push(
          fault(`/parties/${side}/gives/amounts/${index}/asset`, `${asset} is given twice; add the amounts up.`),
        );
      assets.add(asset);
    }
    for (const [index, item] of gives.items.entries()) {
      if (items.has(item)) faults.push(fault(`/parties/${side}/gives/items/${index}`, `${item} is given twice.`));
      items.add(item);
    }
  }
  return faults;
}

function fault(pointer: string, detail: string): FieldError {
  return { pointer, code: 'validation-failed', detail };
}

/** What a saga is to settle for a trade: each party's gifts go to the other. */
export function exchangeOf(trade: { id: string; title: string; parties: Parties }): Exchange {
  const [a, b] = trade.parties;
  return {
    id: trade.id,
    title: trade.title,
    kind: 'trade',
    legs: [...legsOf(a, b), ...legsOf(b, a)],
    moves: [...movesOf(a, b), ...movesOf(b, a)],
  };
}

function legsOf(giver: Party, receiver: Party): Leg[] {
  return giver.gives.amounts.map(({ asset, amount }) => ({
    from: playerOwner(giver.player),
    to: playerOwner(receiver.player),
    asset,
    amount,
  }));
}

function movesOf(giver: Party, receiver: Party): Move[] {
  return giver.gives.items.map((instance) => ({
    instance,
    from: playerOwner(giver.player),
    to: playerOwner(receiver.player),
  }));
}
