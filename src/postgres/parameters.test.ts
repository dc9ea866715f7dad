import { expect, test } from '@jest/globals';
import { Parameters } from './parameters.js';

test('parameters are numbered as they are collected, and the values stand in that order', () => {
  const parameters = new Parameters();
  expect(parameters.add('a')).toBe('$1');
  expect(parameters.add(['b'], 'text[]')).toBe('$2::text[]');
  expect(parameters.number('c')).toBe(3);
  expect(parameters.row({ act: 'retry', reason: null })).toEqual({ names: 'act, reason', values: '$4, $5' });
  expect(parameters.columns({ id: ['bigint', '{1,2}'], title: ['text', ['x', 'y']] })).toEqual({
    names: 'id, title',
    arrays: { id: '$6::bigint[]', title: '$7::text[]' },
    rows: 'unnest($6::bigint[], $7::text[]) as g(id, title)',
  });
  expect(parameters.values).toEqual(['a', ['b'], 'c', 'retry', null, '{1,2}', ['x', 'y']]);
});

test('the text does not depend on the values, so that it is prepared once', () => {
  const textOf = (values: unknown[]): string => {
    const parameters = new Parameters();
    return `select ${parameters.add(values[0])} from ${parameters.columns({ id: ['text', values] }).rows}`;
  };
  expect(textOf(['a'])).toBe(textOf([]));
  expect(textOf(['a'])).toBe(textOf([null, 'b']));
});
