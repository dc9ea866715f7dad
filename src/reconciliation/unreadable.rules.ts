import type { Reason } from './checks.types.js';

/** What PostgreSQL says where a check cannot read a side, whoever asks and however often. */
const unreadable: Readonly<Record<string, Reason['code']>> = {
  42501: 'permission',
  '42P01': 'newer-schema',
  42703: 'newer-schema',
  '3F000': 'newer-schema',
};

/** A statement that PostgreSQL ends for its length would end so at every further try. */
export const tooLong: Readonly<Record<string, Reason['code']>> = { 57014: 'side-unreadable' };

/**
 * Why a check cannot read.
 * @param others further states by which it cannot
 * @throws the error itself where the next try may succeed
 */
export function reasonOf(check: string, error: unknown, others: typeof unreadable = {}): Reason {
  const code = { ...unreadable, ...others }[stateOf(error) ?? ''];
  if (code === undefined) throw error;
  return { code, detail: `${check}: PostgreSQL answers ${stateOf(error) ?? ''}.`, title: null };
}

/** What a run says of a check that another release has and this one does not. */
export function notHere(check: string): Reason {
  return { code: 'newer-schema', detail: `This release has no check ${check}.`, title: null };
}

/** The SQLSTATE of an error, whoever has wrapped it. */
function stateOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('driverError' in error) return stateOf(error.driverError);
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
