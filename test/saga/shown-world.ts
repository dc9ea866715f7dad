import { activityInfo } from '@temporalio/activity';
import { expect } from '@jest/globals';
import type { Exchange } from '../../contracts/nouns.js';
import type { OperatorActName } from '../../contracts/sagas.js';
import { openApi, type Answer, type Api } from '../http/api.js';
import { allowBadOnes } from '../convoys/bad-steps.js';
import { SagaWorld, title, type StepName } from './saga-world.js';
import { makeSoonerConvoys, type Bundle } from './sooner-convoys.js';

/** What the Temporal UI shows of a run. */
export interface RunShown {
  status: string;
  attributes: Record<string, unknown>;
  memo: Record<string, unknown>;
  /** Missing where the run is over. */
  details?: string;
}

/** What the API shows of a deal and its saga. */
export interface DealShown {
  trade: { state: unknown; reason: unknown };
  /** The states by which the list of trades has it. */
  tradeLists: string[];
  saga: Record<string, unknown>;
  /** The states by which the list of sagas has it. */
  sagaLists: string[];
  /** What was told of the saga, without the moments. */
  told: unknown[];
  /** The types of the facts that were told of the saga. */
  facts: string[];
  /** The steps that the timeline has, each once, with its workflow. */
  steps: string[];
}

export interface Shown {
  run: RunShown;
  deals: DealShown[];
}

/** How a step of some exchanges is to fare: it fails, or it has not answered until it is told otherwise. */
export type Fate = 'works' | 'fails' | 'hangs';

const tradeStates = ['accepted', 'stuck', 'settled', 'refused', 'compensated'];
const sagaStates = ['running', 'stuck', 'compensating', 'parked', 'ended'];
const toldEvents = new Set(['stuck', 'freed', 'compensating', 'parked', 'ended', 'operator', 'answer']);

/** How long what is shown may take to become what it is to be. */
const boundMs = 40_000;

/** What a step that fails says. */
export const whyOf = (step: string): string => `${step} cannot be made now`;

/** The steps of some exchanges, as a test wants them. */
export class Fates {
  private readonly fates = new Map<string, Fate>();
  private changed: Promise<void> = Promise.resolve();
  private tell: () => void = () => undefined;

  constructor() {
    this.renew();
  }

  /** Has every step work. */
  clear(): void {
    this.fates.clear();
    this.set({});
  }

  set(fates: Partial<Record<StepName, Fate>>): void {
    for (const [step, fate] of Object.entries(fates)) this.fates.set(step, fate);
    const { tell } = this;
    this.renew();
    tell();
  }

  /** Resolves when a step may take effect, and fails when it is to fail. */
  async meet(step: StepName): Promise<void> {
    for (;;) {
      const fate = this.fates.get(step) ?? 'works';
      if (fate === 'works') return;
      // Within the workflow task nobody could look at the run while it hangs.
      if (fate === 'fails' || activityInfo().isLocal) throw new Error(whyOf(step));
      await this.changed;
    }
  }

  private renew(): void {
    this.changed = new Promise((resolve) => (this.tell = resolve));
  }
}

/**
 * Real sagas whose steps fare as each test wants, beside the API that shows them. Tests can run in it at the same time.
 */
export class ShownWorld {
  private readonly fates = new Map<string, Fates>();

  private constructor(
    readonly saga: SagaWorld,
    private readonly bundle: Bundle,
    private readonly api: Api,
    private readonly key: string,
  ) {}

  static async open(): Promise<ShownWorld> {
    const bundle = makeSoonerConvoys();
    const saga = await SagaWorld.open({ environment: { STUCK_AFTER_SECONDS: '1' }, bundle: bundle.file });
    await saga.defineGoods();
    await allowBadOnes(saga);
    const api = await openApi({ env: { DATABASE_URL: saga.config.DATABASE_URL, TASK_QUEUE: saga.config.TASK_QUEUE } });
    const world = new ShownWorld(saga, bundle, api, await api.makeTitle(title));
    saga.before = async (step, args) =>
      world.fates.get(/trd_[0-9a-f-]{36}/.exec(JSON.stringify(args))?.[0] ?? '')?.meet(step);
    return world;
  }

  /** Has the steps of the exchanges fare together. */
  fatesOf(exchanges: readonly Exchange[]): Fates {
    const fates = new Fates();
    for (const { id } of exchanges) this.fates.set(id, fates);
    return fates;
  }

  operate(id: string, act: OperatorActName, operator: string): Promise<Answer> {
    return this.api.send('POST', `/v1/sagas/${id}/${act}`, {
      key: this.key,
      body: { operator, reason: `I am ${operator}.` },
    });
  }

  /** Holds that all that is shown of a run and of deals becomes what it is to be, and nothing else. */
  async expectShown(what: string, workflowId: string, exchanges: readonly Exchange[], expected: Shown): Promise<void> {
    const since = Date.now();
    const withoutLists = ({ run, deals }: Shown): string =>
      JSON.stringify(sorted({ run, deals: deals.map((deal) => ({ ...deal, tradeLists: [], sagaLists: [] })) }));
    let shown = await this.shown(workflowId, exchanges);
    while (withoutLists(shown) !== withoutLists(expected) && Date.now() < since + boundMs) {
      await new Promise((resolve) => setTimeout(resolve, 400));
      shown = await this.shown(workflowId, exchanges);
    }
    // The lists are read from what was just seen, so they are looked at once.
    await Promise.all(shown.deals.map((deal) => this.addLists(deal)));
    expect({ what, ...shown }).toEqual({ what, ...expected });
  }

  private async shown(workflowId: string, exchanges: readonly Exchange[]): Promise<Shown> {
    const run = await this.run(workflowId);
    const deals = await Promise.all(exchanges.map((exchange) => this.deal(exchange)));
    // Where it is stuck, all ways say since when.
    const since = run.attributes['StuckSince'];
    const text = JSON.stringify({ run, deals });
    return JSON.parse(since === undefined ? text : text.replaceAll((since as Date).toISOString(), '<since>')) as Shown;
  }

  private async run(workflowId: string): Promise<RunShown> {
    const handle = this.saga.client.workflow.getHandle(workflowId);
    const described = await handle.describe().catch(() => undefined);
    if (described === undefined) return { status: 'there is none', attributes: {}, memo: {} };
    const { status, typedSearchAttributes, memo } = described;
    const ours = typedSearchAttributes.getAll().filter(({ key }) => !/^(BuildIds$|Temporal)/.test(key.name));
    const attributes = Object.fromEntries(ours.map(({ key, value }) => [key.name, value]));
    const shown = { status: status.name, attributes, memo: memo ?? {} };
    if (status.name !== 'RUNNING') return shown;
    const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    return { ...shown, details: currentDetails };
  }

  private async deal({ id }: Exchange): Promise<DealShown> {
    const [trade, { steps: _, timeline, acceptedAt: __, ...saga }] = await Promise.all([
      this.get(`/v1/trades/${id}`),
      this.get(`/v1/sagas/${id}`),
    ]);
    const events = timeline as Record<string, unknown>[];
    const told = events.filter(({ event }) => toldEvents.has(String(event))).map(({ at: _at, ...event }) => event);
    const steps = events.flatMap(({ event, step, workflowId }) =>
      event === 'step' ? [`${String(step)} by ${String(workflowId)}`] : [],
    );
    const { rows } = await this.saga.session.query<{ type: string }>(
      'select type from sagas.facts where subject = $1 order by id, place',
      [id],
    );
    return {
      trade: { state: trade['state'], reason: (trade['reason'] as { code: string } | undefined)?.code },
      tradeLists: [],
      saga,
      sagaLists: [],
      told,
      facts: rows.map(({ type }) => type),
      steps: [...new Set(steps)],
    };
  }

  private async addLists(deal: DealShown): Promise<void> {
    const { id, players } = deal.saga as { id: string; players: string[] };
    deal.tradeLists = await this.listed('trades', tradeStates, id, players[0] ?? '');
    deal.sagaLists = await this.listed('sagas', sagaStates, id, players[0] ?? '');
  }

  private async listed(route: string, states: readonly string[], id: string, player: string): Promise<string[]> {
    const lists = await Promise.all(
      states.map(
        async (state) => (await this.get(`/v1/${route}?state=${state}&player=${player}`))['data'] as { id: string }[],
      ),
    );
    return states.filter((_, index) => lists[index]?.some((one) => one.id === id));
  }

  private async get(path: string): Promise<Record<string, unknown>> {
    const { status, body } = await this.api.send('GET', path, { key: this.key });
    if (status !== 200) throw new Error(`${path} was answered ${status}: ${JSON.stringify(body)}`);
    return body as Record<string, unknown>;
  }

  async close(): Promise<void> {
    // A step that still hangs would keep its worker.
    for (const fates of this.fates.values()) fates.clear();
    await this.api.close();
    await this.saga.close();
    this.bundle.remove();
  }
}

/** With the members of every object in one order, so that two can be compared as text. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}
