import type { DataSource, EntityManager } from 'typeorm';
import { idPrefixes } from '../forms.js';
import { makeDataSource } from '../postgres/data-sources.js';
import { runCommand } from '../postgres/run-command.js';
import type { Config } from '../process/config.js';
import type { Reason } from './checks.types.js';
import { countTypes, writeBreaks } from './break-pages.statements.js';
import { clearCases, readContinuity, readOpen } from './case-changes.statements.js';
import type { Link } from './chain-head.reads.js';
import { forgetFound } from './confirmed.statements.js';
import { hashOf, seal, verifyChain, type Altered } from './content.reads.js';
import { endRun, keepBridge, lockChain, readResiduals, type Residual } from './endings.statements.js';
import { mostRepairs } from './repairs.rules.js';
import { planRepairs } from './repairs.statements.js';
import type { Continuity, StoredRun, Verdict } from './runs.types.js';
import { readRun } from './runs.statements.js';
import { distinct, isContinuous, lookedAt, verdictOf } from './verdict.rules.js';

/**
 * How long one statement may run that ends a run, and how long it may wait for a lock. Some go over all cases that are
 * open, of which there may be very many, and what was done before is done again where one fails.
 */
const limits = { statementMs: 10 * 60_000, lockMs: 30_000 };

/** What a run came to. */
export interface RunEnd {
  verdict: Verdict;
  breaks: number;
  pending: number;
}

/** Ends runs: what was found twice is a break, and the run is a link of the chain. */
export class RunEnds {
  constructor(
    private readonly main: DataSource,
    private readonly config: Config,
  ) {}

  /**
   * Ends a run, whose parts were all looked at: writes what was found twice, says which cases are gone, and links the
   * run to the one before. A run that has ended stays as it is. It goes page by page, so it holds no more of a run with
   * many breaks than of one with few. It has a connection of its own, whose statements may run for longer.
   * @throws what PostgreSQL throws
   */
  async finish(run: StoredRun): Promise<RunEnd> {
    const { id, cuts } = run;
    if (run.state === 'finished' || cuts === null) return this.endOf(id);
    const now = cuts.main.at;
    await this.inItsOwn(async (tx) => {
      const before = await lockChain(tx);
      const current = await readRun(tx, id);
      if (current.state === 'finished') return;
      const open = await readOpen(tx);
      const continuity = await readContinuity(tx, current);
      const counts = await countTypes(tx, current);
      await keepBridge(tx, current);
      await clearCases(tx, current, now);
      await writeBreaks(tx, current, now, (before?.chain ?? 0n) + 1n);
      await planRepairs(tx, id, mostRepairs(lookedAt(current)));
      const whole = distinct([
        ...current.reasons,
        ...(await readResiduals(tx, current)).map(residualReason),
        ...(await chainReasons(tx, before)),
        ...itemReasons(continuity, open, before?.open),
      ]);
      const { 34: pending = 0, ...breaks } = counts;
      await link(tx, current, before, {
        verdict: verdictOf({ reasons: whole.length, breaks: sumOf(breaks), pending }),
        reasons: whole,
        counts,
        continuity: { changes: continuity.map(told), open: await readOpen(tx) },
      });
      await forgetFound(tx, id);
    });
    return this.endOf(id);
  }

  private async inItsOwn(work: (tx: EntityManager) => Promise<void>): Promise<void> {
    const pool = { ...limits, connections: 1 };
    const source = await makeDataSource(this.config, 'main', 'reconciliation end', pool).initialize();
    try {
      await runCommand(source, work);
    } finally {
      await source.destroy();
    }
  }

  private async endOf(id: string): Promise<RunEnd> {
    const [row] = await this.main.query<[{ verdict: Verdict; counts: Record<string, number> }]>(
      'select verdict, counts from reconciliation.runs where id = $1',
      [id.slice(idPrefixes.reconciliation.length + 1)],
    );
    const { 34: pending = 0, ...breaks } = row.counts;
    return { verdict: row.verdict, breaks: sumOf(breaks), pending };
  }
}

/** What moved is not what there is, and no break says why. */
function residualReason({ title, account, asset, left }: Residual): Reason {
  const of = account === 'asset' ? asset : `${asset} of ${account}`;
  return { code: 'balance-differs', detail: `The bridge of ${of} leaves ${left} that nothing explains.`, title };
}

/** Every run looks at the end of the chain, and at the run before it. One of history has looked at all the others. */
async function chainReasons(tx: DataSource['manager'], before: Link | null): Promise<Reason[]> {
  if (before === null) return [];
  const all: Altered[] = [...before.altered, ...(await verifyChain(tx, before.chain)).altered];
  return all.map(({ id, what }) => ({ code: 'broken-chain', detail: `${id}: ${what}.`, title: null }));
}

/** What is open now is what was open after the run before, with what has come and gone since then. */
function itemReasons(
  continuity: readonly Continuity[],
  open: Record<string, string>,
  before: Record<string, string> | undefined,
): Reason[] {
  const reason = (what: string): Reason => ({ code: 'items-differ', detail: what, title: null });
  const broken = continuity.filter((one) => !isContinuous(one)).map((one) => one.class);
  const classes = [...new Set([...Object.keys(open), ...Object.keys(before ?? {})])].sort();
  const differing = before === undefined ? [] : classes.filter((name) => open[name] !== before[name]);
  return [
    ...broken.map((name) => reason(`The cases of class ${name} are not those of before with what came and went.`)),
    ...differing.map((name) =>
      reason(`Open of class ${name}: ${before?.[name] ?? 'none'} after the last run, ${open[name] ?? 'none'} now.`),
    ),
  ];
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, one) => sum + one, 0);
}

function told({ before, opened, cleared, after, changed, ...rest }: Continuity): Record<string, unknown> {
  const count = ({ cases, amount }: Continuity['before']): object => ({ cases, amount: amount.toString() });
  return {
    ...rest,
    before: count(before),
    opened: count(opened),
    cleared: count(cleared),
    changed: changed.toString(),
    after: count(after),
  };
}

async function link(
  tx: DataSource['manager'],
  run: StoredRun,
  before: Link | null,
  end: { verdict: Verdict; reasons: Reason[]; counts: Record<string, number>; continuity: Record<string, unknown> },
): Promise<void> {
  const { verdict, reasons, counts, continuity } = end;
  // What is sealed is read back as it is stored, so that whoever verifies it computes the same.
  await tx.query('update reconciliation.runs set reasons = $2, counts = $3, continuity = $4 where id = $1', [
    run.id.slice(idPrefixes.reconciliation.length + 1),
    JSON.stringify(reasons),
    JSON.stringify(counts),
    JSON.stringify(continuity),
  ]);
  const sealed = await seal(tx, run.id);
  const previousHash = before?.hash ?? null;
  const hash = hashOf(previousHash, { id: run.id, verdict, counts, continuity: continuity as never }, sealed);
  await endRun(tx, run, {
    verdict,
    reasons,
    counts,
    continuity,
    chain: (before?.chain ?? 0n) + 1n,
    digest: sealed.digest,
    previousHash,
    hash,
  });
}
