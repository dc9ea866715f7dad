import { describe, expect, it } from '@jest/globals';
import { pageOf, pageSize, type PageAnswer } from './provider-pages.rules.js';

const payout = (id: string, created: number): object => ({
  ...{ id, created, object: 'payout', status: 'paid', amount: 5, currency: 'eur', automatic: true },
  balance_transaction: null,
});
const many = (from: number, count = pageSize): object[] =>
  Array.from({ length: count }, (_one, at) => payout(`po_${from + at}`, 10_000 - from - at));
const list = (data: unknown[], more: boolean): PageAnswer => ({
  status: 200,
  body: { object: 'list', has_more: more, data },
});
const first = { behind: 'po_99', made: 9_901, first: 'po_0' };

describe('a page of a provider', () => {
  it('is good where it is full and goes on, or where it is the last', () => {
    expect(pageOf('payout', list(many(0), true), null)).toMatchObject({ page: { read: first } });
    expect(pageOf('payout', list(many(100, 3), false), first)).toMatchObject({ page: { read: null } });
    expect(pageOf('payout', list([], false), null)).toMatchObject({ page: { objects: [], read: null } });
  });

  const bad: [string, PageAnswer, typeof first | null, string][] = [
    ['is short and says that there are more', list(many(0, 99), true), null, 'short-page'],
    ['is empty and was said to have records', list([], false), first, 'short-page'],
    ['has a record twice', list([...many(0, 2), ...many(0, 1)], false), null, 'short-page'],
    ['leads back to the first record', list(many(0), true), first, 'short-page'],
    ['leads back to the record that it begins behind', list(many(99, 2), false), first, 'short-page'],
    ['goes on with what is newer', list([payout('po_new', 20_000)], false), first, 'short-page'],
    [
      'has a record that cannot be read',
      list([{ ...payout('po_1', 1), amount: 'five' }], false),
      null,
      'side-unreadable',
    ],
    ['is no list', { status: 200, body: {} }, null, 'side-unreadable'],
    ['is not there', { status: 500, body: {} }, null, 'side-unreadable'],
    ['was not answered', { noAnswer: 'Nobody answers.' }, null, 'side-unreadable'],
    ['may not be read', { status: 403, body: {} }, null, 'permission'],
  ];
  it.each(bad)('is bad where it %s', (_name, answer, before, code) => {
    expect(pageOf('payout', answer, before)).toMatchObject({ bad: { code } });
  });
});
