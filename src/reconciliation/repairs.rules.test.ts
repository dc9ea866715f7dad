import { describe, expect, it } from '@jest/globals';
import { newId } from '../ids.js';
import { breakTypes, type BreakType } from './break-types.rules.js';
import { bookedOtherwise, ofOrphan } from './money/money-places.rules.js';
import { alwaysAllowed, mostRepairs, repairsOf } from './repairs.rules.js';
import type { Confirmed } from './runs.types.js';

const found = (type: BreakType, subject: string): Confirmed => ({
  type,
  title: 'demo',
  subject,
  detail: '',
  since: new Date(0),
  place: subject,
  check: 'any',
});

describe('what a run repairs', () => {
  it('is nothing of what a person has to see to', () => {
    const all = (Object.keys(breakTypes) as unknown as BreakType[]).map((type) => found(type, newId('pur')));
    const repaired = repairsOf(all).map(({ type }) => Number(type));
    expect(repaired.filter((type) => breakTypes[type as BreakType].breakClass !== 'auto')).toEqual([]);
    expect(repaired).toEqual([1, 2, 10, 12, 13, 14, 15, 19, 20, 21, 28, 29, 30]);
  });

  it('is each deal once, and nothing that has no deal', () => {
    const id = newId('trd');
    expect(repairsOf([found(12, id), found(12, id), found(30, 'convoy/x'), found(15, 're_1')])).toEqual([
      { type: 12, action: 'redrive', title: 'demo', subject: id },
    ]);
  });

  it('has the provider of a purchase asked about what is known by an id of the provider alone', () => {
    const [purchase, refund] = [newId('pur'), newId('rfd')];
    const at = (type: BreakType, subject: string): Confirmed => ({ ...found(type, subject), place: purchase });
    expect(repairsOf([at(15, 're_1'), at(19, 'dp_1'), at(20, 'dp_2'), at(15, refund)])).toEqual([
      { type: 15, action: 'look', title: 'demo', subject: purchase },
      { type: 19, action: 'look', title: 'demo', subject: purchase },
      { type: 20, action: 'look', title: 'demo', subject: purchase },
      { type: 15, action: 'redrive', title: 'demo', subject: refund },
    ]);
  });

  it('has a call looked up by the saga of its refund or purchase, or by the look at its orphan', () => {
    const [purchase, refund] = [newId('pur'), newId('rfd')];
    const call = (subject: string, place: string): Confirmed => ({ ...found(28, subject), place });
    expect(repairsOf([call(refund, '1'), call(purchase, '2')])).toEqual([
      { type: 28, action: 'redrive', title: 'demo', subject: refund },
      { type: 28, action: 'redrive', title: 'demo', subject: purchase },
    ]);
    expect(repairsOf([call(purchase, `${ofOrphan}3`)])).toMatchObject([{ action: 'look', subject: purchase }]);
  });

  it('is a fee that is missing, and none that is booked as another amount', () => {
    const id = newId('pur');
    expect(repairsOf([{ ...found(21, id), place: `${bookedOtherwise}${id}` }])).toEqual([]);
    expect(repairsOf([found(21, id)])).toMatchObject([{ type: 21, action: 'look', subject: id }]);
  });

  it('is no more of one type than a share of what was looked at, and some in any case', () => {
    expect([0, 10_199, 10_200].map(mostRepairs)).toEqual([alwaysAllowed, alwaysAllowed, alwaysAllowed + 1]);
  });
});
