import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { asMutations } from '../chaos/planted.mjs';
import { faultsOf, mutations, type Mutation } from './mutations.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [some] = mutations as [Mutation];

describe('the mutations', () => {
  test('can all be made: the text of each stands exactly once in its file, and its test is there', () => {
    expect(mutations.length).toBeGreaterThan(70);
    expect(faultsOf(root, mutations)).toEqual([]);
  });

  test('and so can the bugs that the chaos run must go red for', () => {
    expect(asMutations.length).toBeGreaterThan(10);
    expect(faultsOf(root, asMutations)).toEqual([]);
  });

  test.each<[string, Partial<Mutation>, string]>([
    ['whose text is not there', { find: 'no file says this' }, 'found 0 times'],
    ['whose text is there several times', { find: '\n' }, 'must be there once'],
    ['whose file is not there', { file: 'src/nowhere.ts' }, 'there is no src/nowhere.ts'],
    ['whose test is not there', { test: 'test/nowhere.test.ts' }, 'there is no test/nowhere.test.ts'],
    ['that changes nothing', { replace: some.find }, 'changes nothing'],
  ])('are looked at: one %s is told', (_, wrong, sentence) => {
    expect(faultsOf(root, [{ ...some, ...wrong }])).toEqual([expect.stringContaining(sentence)]);
  });

  test('have names of their own', () => {
    expect(faultsOf(root, [some, some])).toEqual([expect.stringContaining('two mutations have this name')]);
  });
});
