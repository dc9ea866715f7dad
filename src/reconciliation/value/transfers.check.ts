import type { Check, Finding, Look } from '../checks.types.js';
import { readWithPayment } from './deals.reads.js';
import { readDealStates, readNamingOthers } from './deal-states.reads.js';
import { readTransferSlice, transfersOfSlice } from './many-transfers.reads.js';
import { beginningOf, partSize } from './places.rules.js';
import { lookAtSlices } from './slices.js';
import { readTransfers } from './transfers.reads.js';
import { judgeTransfer, type TransferRow } from './transfers.rules.js';

/** The check of transfers: each has entries that come to nothing, and is of a deal where it says so. */
export const transfersCheck: Check = {
  name: 'transfers',
  kinds: ['incremental', 'full', 'history'],
  look: (look, after) =>
    lookAtSlices(
      {
        size: transfersOfSlice,
        read: (from) => readTransferSlice(look, from),
        judge: async ({ named, odd }) => {
          // The deals are read after what names them.
          const unlike = named === null ? [] : await readNamingOthers(look.read.main, named, 'open or done');
          return lookClosely(look, [...new Set([...odd, ...unlike])].sort());
        },
        lookedOf: ({ seen, entries }) => ({ transfers: seen, entries }),
      },
      after ?? beginningOf(look.run.since),
    ),
  again: lookClosely,
};

async function lookClosely(look: Look, ids: readonly string[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (let from = 0; from < ids.length; from += partSize) {
    const rows = await readTransfers(look, ids.slice(from, from + partSize));
    findings.push(
      ...(await judge(
        look,
        rows.filter(({ seen }) => seen),
      )),
    );
  }
  return findings;
}

async function judge({ read }: Look, rows: readonly TransferRow[]): Promise<Finding[]> {
  const deals = await readDealStates(
    read.main,
    rows.flatMap(({ deal }) => deal ?? []),
  );
  const ended = [...deals].filter(([, { isOpen, isDone, paid }]) => paid !== null && !isOpen && !isDone);
  const withPayment = await readWithPayment(
    read.payments,
    ended.map(([id]) => id),
  );
  return rows.flatMap((row) => judgeTransfer(row, deals.get(row.deal ?? ''), withPayment.has(row.deal ?? '')));
}
