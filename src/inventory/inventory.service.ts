import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import type { HoldEndOutcome, HoldOutcome, NothingKept } from '../../contracts/answers.js';
import type { Mint } from '../../contracts/nouns.js';
import { INVENTORY_DATABASE } from '../postgres/data-sources.js';
import { HeldRows } from '../postgres/held-rows.js';
import { runCommand } from '../postgres/run-command.js';
import { decideEndsByHand, decideMoves, decideReleases, keptEnds, type EndDecision } from './hold-end.rules.js';
import { decideHolds } from './hold.rules.js';
import {
  keepHolds,
  lockHolds,
  lockInstances,
  lockLimitedItems,
  readStored,
  writeChanges,
  writeCounts,
} from './holds.statements.js';
import type {
  BurnRequest,
  EndByHandRequest,
  HoldRequest,
  Instance,
  IssueOutcome,
  MintRequest,
  MoveRequest,
  ReleaseRequest,
  Stored,
} from './inventory.types.js';
import { decideBurns, decideMints, type IssueAnswer } from './issue.rules.js';
import { insertInstances, keepIssues, readInstances, readIssues, readMinted } from './issue.statements.js';
import { findHeld, findHeldExchanges } from './held.statements.js';
import { keyInTitle } from './key-in-title.js';
import { writeTallies } from './tallies.statements.js';

/**
 * The commands on item instances. Each takes a list, answers one outcome per element in order, and is one transaction.
 * What is kept for an exchange, or by the key of a mint or a burn, is kept for ever and answers every later attempt.
 * All throw what PostgreSQL throws (see isOutage), and RowsHeld where others hold rows, with nothing done. They throw
 * Error for an element that no Veltrix makes.
 */
@Injectable()
export class InventoryService {
  /** What holds, mints and burns need: instances by their ids, and items by `keyInTitle`. */
  private readonly held = new HeldRows<Needs>(rowsOf, (rows, waits) => findHeld(this.dataSource.manager, rows, waits));
  /** What the ends of holds need, by the exchange that each is for. */
  private readonly heldEnds = new HeldRows<{ exchange: string }>(
    ({ exchange }) => [exchange],
    (exchanges, waits) => findHeldExchanges(this.dataSource.manager, exchanges, waits),
  );

  constructor(@Inject(INVENTORY_DATABASE) private readonly dataSource: DataSource) {}

  /**
   * Sets the instances of each exchange aside, and reserves those that it mints, all or none. Everything that the
   * items' side can refuse is decided here: `item-not-found`, `item-burned`, `item-not-owned`, `item-held`,
   * `item-not-tradeable`, `unknown-item`, `item-retired`, `item-sold-out`, and `validation-failed` for an exchange
   * without moves and mints or a receiver that cannot own instances. Of a move with `instead` no more is refused than
   * its form: an instance that its giver does not have to give is answered as missing.
   */
  hold(requests: readonly HoldRequest[]): Promise<HoldOutcome[]> {
    const work = async (tx: EntityManager) => {
      const instances = requests.flatMap((request) => request.moves.map((move) => move.instance));
      const items = mintedItems(requests);
      const locked = await lockLimitedItems(tx, items);
      await lockInstances(tx, instances);
      const stored = await readStored(tx, { exchanges: exchangesOf(requests), instances, items, locked });
      const { outcomes, keep, changes, counts } = decideHolds(requests, stored);
      await keepHolds(tx, keep);
      await writeChanges(tx, changes);
      await writeCounts(tx, counts);
      return outcomes;
    };
    return this.held.run(requests, () => runCommand(this.dataSource, work, requests.length));
  }

  /**
   * Gives the instances of each exchange back. Where nothing was ever held it keeps a tombstone, so that a late hold is
   * not made.
   */
  release(requests: readonly ReleaseRequest[]): Promise<HoldEndOutcome[]> {
    return this.end(requests, decideReleases);
  }

  /**
   * Gives the instances of each exchange to their receivers, and mints those that it has reserved. A hold that is still
   * open can always be moved.
   */
  move(requests: readonly MoveRequest[]): Promise<HoldEndOutcome[]> {
    return this.end(requests, decideMoves);
  }

  /**
   * Ends holds by hand, where neither of the two can be done; see decideEndsByHand. Where nothing was ever held,
   * nothing ever will be.
   */
  endByHand(requests: readonly EndByHandRequest[]): Promise<HoldEndOutcome[]> {
    return this.end(requests, decideEndsByHand);
  }

  /** What the hold of each exchange has come to, or that it is open or was never made. It changes nothing. */
  kept(requests: readonly MoveRequest[]): Promise<(HoldEndOutcome | NothingKept)[]> {
    return runCommand(this.dataSource, async (tx) =>
      keptEnds(requests, await readStored(tx, { exchanges: exchangesOf(requests) })),
    );
  }

  /**
   * Makes new instances. Refuses `unknown-item`, `item-retired`, `item-sold-out`, and `validation-failed` for an owner
   * or properties that cannot be; such a refusal is not kept, so that the same key serves once the item is defined.
   * Refuses `idempotency-key-reused`.
   * @param waits false where the call must not wait for an item that is known to be held
   */
  mint(requests: readonly MintRequest[], waits = true): Promise<IssueOutcome[]> {
    const attempts = new Set<string>();
    const work = async (tx: EntityManager) => {
      const locked = await lockLimitedItems(tx, requests);
      const { items } = await readStored(tx, { exchanges: [], items: requests, locked });
      const kept = await readIssues(tx, 'mint', requests);
      const { answers, keep, minted, counts } = decideMints(requests, items, kept, attempts);
      const transaction = await keepIssues(tx, 'mint', keep);
      if (transaction !== undefined) attempts.add(transaction);
      await insertInstances(tx, minted);
      await writeCounts(tx, counts);
      await writeTallies(tx, minted);
      return withInstances(answers, (ids) => readMinted(tx, ids));
    };
    return this.held.run(requests, () => runCommand(this.dataSource, work, requests.length), waits);
  }

  /**
   * Ends instances for good. Refuses `item-held` and `item-burned` and keeps that by the key; refuses `not-found` and
   * `idempotency-key-reused` and keeps nothing.
   * @param waits false where the call must not wait for an instance that is known to be held
   */
  burn(requests: readonly BurnRequest[], waits = true): Promise<IssueOutcome[]> {
    const attempts = new Set<string>();
    const work = async (tx: EntityManager) => {
      const ids = requests.map((request) => request.instance);
      await lockInstances(tx, ids);
      const stored = await readStored(tx, { exchanges: [], instances: ids });
      const kept = await readIssues(tx, 'burn', requests);
      const { answers, keep, changes } = decideBurns(requests, stored.instances, kept, attempts);
      const transaction = await keepIssues(tx, 'burn', keep);
      if (transaction !== undefined) attempts.add(transaction);
      await writeTallies(tx, [], changes);
      await writeChanges(tx, changes);
      return withInstances(answers, (ids) => readInstances(tx, ids));
    };
    return this.held.run(requests, () => runCommand(this.dataSource, work, requests.length), waits);
  }

  private end<R extends MoveRequest>(
    requests: readonly R[],
    decide: (requests: readonly R[], stored: Stored) => EndDecision,
  ): Promise<HoldEndOutcome[]> {
    const work = async (tx: EntityManager) => {
      const before = await readStored(tx, { exchanges: exchangesOf(requests) });
      const held = [...before.holds.values()].filter((hold) => hold.state === 'held');
      const instances = held.flatMap((hold) => hold.moves.map((move) => move.instance));
      const items = mintedItems(held);
      const locked = await lockLimitedItems(tx, items);
      await lockInstances(tx, instances);
      await lockHolds(
        tx,
        held.filter(({ mints, missing }) => (mints ?? missing) !== undefined).map(({ exchange }) => exchange),
      );
      // Only what was held is read again. A hold that was made meanwhile must stay unseen, because its instances are
      // not locked. The tombstone then meets its unique key, and the command is run again.
      const after = await readStored(tx, { exchanges: held.map(({ exchange }) => exchange), instances, items, locked });
      const stored = { ...after, holds: new Map([...before.holds, ...after.holds]) };
      const { outcomes, ended, tombstones, changes, minted, counts } = decide(requests, stored);
      await keepHolds(tx, tombstones);
      if (minted.length > 0) await insertInstances(tx, minted);
      await writeCounts(tx, counts);
      await writeTallies(tx, minted);
      await writeChanges(tx, changes, ended);
      return outcomes;
    };
    return this.heldEnds.run(requests, () => runCommand(this.dataSource, work, requests.length));
  }
}

/** What a hold, a mint or a burn is about. */
type Needs = HoldRequest | MintRequest | BurnRequest;

/** The names of the instances that a request locks, and of the items that it mints. */
function rowsOf(request: Needs): string[] {
  if ('instance' in request) return [request.instance];
  if ('item' in request) return [keyInTitle(request.title, request.item)];
  const { title, moves, mints = [] } = request;
  return [...moves.map(({ instance }) => instance), ...mints.map(({ item }) => keyInTitle(title, item))];
}

function exchangesOf(requests: readonly MoveRequest[]): string[] {
  return requests.map((request) => request.exchange);
}

/** The items that are minted, each once. */
function mintedItems(
  requests: readonly { title: string; mints?: readonly Mint[] }[],
): { title: string; item: string }[] {
  const items = requests.flatMap(({ title, mints = [] }) => mints.map(({ item }) => ({ title, item })));
  return [...new Map(items.map((one) => [keyInTitle(one.title, one.item), one])).values()];
}

async function withInstances(
  answers: readonly IssueAnswer[],
  read: (ids: string[]) => Promise<Map<string, Instance>>,
): Promise<IssueOutcome[]> {
  const instances = await read(answers.flatMap((answer) => (answer.outcome === 'done' ? answer.instance : [])));
  return answers.map((answer) => {
    if (answer.outcome === 'refused') return answer;
    const instance = instances.get(answer.instance);
    if (instance === undefined)
      throw new Error(`The item instance ${answer.instance} is kept by a key and is not stored.`);
    return { ...answer, instance };
  });
}
