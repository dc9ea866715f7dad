import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compact, expand, type Failed, type TransferOutcome } from './answers.js';

const cause = { code: 'insufficient-funds', detail: 'There is not enough.' };
const outcomeOf = (id: string): fc.Arbitrary<TransferOutcome | Failed> =>
  fc.constantFrom<TransferOutcome | Failed>(
    { id, outcome: 'posted' },
    { id, outcome: 'posted' },
    { id, outcome: 'refused', cause },
    { id, outcome: 'failed', error: 'It is bad.' },
  );
const list = fc
  .integer({ min: 0, max: 30 })
  .chain((length) => fc.tuple(...Array.from({ length }, (_, place) => outcomeOf(`trd_${place}`))));

describe('answers', () => {
  test('say again what they were made of, in order, after their way through JSON', () => {
    fc.assert(
      fc.property(list, (outcomes) => {
        const answers = JSON.parse(JSON.stringify(compact(outcomes))) as ReturnType<typeof compact<TransferOutcome>>;
        expect(
          expand(
            outcomes.map(({ id }) => ({ id })),
            answers,
          ),
        ).toEqual(outcomes);
      }),
    );
  });

  test('say once what is alike, and name what is not', () => {
    const outcomes: TransferOutcome[] = [
      { id: 'a', outcome: 'posted' },
      { id: 'b', outcome: 'refused', cause },
      { id: 'c', outcome: 'posted' },
    ];
    expect(compact(outcomes)).toEqual({
      count: 3,
      common: { outcome: 'posted' },
      exceptions: [{ id: 'b', outcome: 'refused', cause }],
    });
  });

  test('are refused if they are those of another number of elements', () => {
    const answers = compact<TransferOutcome>([{ id: 'a', outcome: 'posted' }]);
    expect(() => expand([{ id: 'a' }, { id: 'b' }], answers)).toThrow('2 elements were given and 1 answered');
  });

  test('are refused if they do not say what became of an element', () => {
    const answers = compact<TransferOutcome>([{ id: 'a', outcome: 'refused', cause }]);
    expect(() => expand([{ id: 'b' }], answers)).toThrow('b was not answered for');
  });
});
