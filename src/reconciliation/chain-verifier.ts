import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { VeltrixError } from '../errors.js';
import { MAIN_DATABASE } from '../postgres/data-sources.js';
import { readHead } from './chain-head.reads.js';
import { verifyChain, type Altered } from './content.reads.js';
import { runUuid } from './runs.statements.js';

/** How many links are verified together, for how long, and how many by one request at most. */
const [linksAtOnce, verifiesForMs, mostLinks] = [50n, 5_000, 1_000n];

/** What a request has verified. */
export interface Verified {
  /** Whether all that was looked at is as it was. */
  holds: boolean;
  altered: Altered[];
  /** How many links were looked at. */
  verified: number;
  /** The link that the next request goes on at, or null where all were looked at. */
  next: string | null;
}

/** Looks whether stored runs were altered. */
@Injectable()
export class ChainVerifier {
  constructor(@Inject(MAIN_DATABASE) private readonly main: DataSource) {}

  /**
   * Looks at a run and at those before it, the last ones first, and at the end of the chain.
   * @param title null for all
   * @param from the link to go on at; that of the run where it is missing
   * @throws VeltrixError `not-found` where the title has no such run, `reconciliation-not-finished`
   */
  async verify(title: string | null, id: string, from?: bigint): Promise<Verified> {
    const [row] = await this.main.query<{ chain: string | null }[]>(
      `select chain from reconciliation.runs where id = $2 and ($1::text is null or title is null or title = $1)`,
      [title, runUuid(id)],
    );
    if (row === undefined) throw new VeltrixError('not-found', `There is no reconciliation ${id}.`);
    if (row.chain === null)
      throw new VeltrixError('reconciliation-not-finished', `${id} has not finished, so there is nothing to verify.`);
    const own = BigInt(row.chain);
    const first = from !== undefined && from < own ? from : own;
    const altered = [...((await readHead(this.main.manager))?.altered ?? [])];
    const until = performance.now() + verifiesForMs;
    let left = first;
    while (left > 0n && first - left < mostLinks && performance.now() < until) {
      const begin = left > linksAtOnce ? left - linksAtOnce + 1n : 1n;
      altered.push(...(await verifyChain(this.main.manager, begin, { until: left })).altered);
      left = begin - 1n;
    }
    return {
      holds: altered.length === 0,
      altered,
      verified: Number(first - left),
      next: left > 0n ? left.toString() : null,
    };
  }
}
