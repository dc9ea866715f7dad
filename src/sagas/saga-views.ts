import { Inject, Injectable } from '@nestjs/common';
import { exchangeWorkflowId } from '../../contracts/nouns.js';
import { VeltrixError, type FieldError } from '../errors.js';
import { DEAL_BOOKS, type Deal, type DealBook } from '../exchanges/deals.js';
import type { PageRow, Place } from '../http/page.js';
import { instancesOf, Participants } from './participants.js';
import { SagaRuns, type RunName } from './saga-runs.js';
import { SagasReads } from './sagas.reads.js';
import { eventOf, inOrder, placeAt, placeOf, positionOf, sagaOf } from './sagas.rules.js';
import type { NotedSaga, Saga, SagaEvent, SagaViewState, StepsRead, TimelineNote } from './sagas.types.js';
import { whyForTitle } from './why.rules.js';

/** What a list of sagas can be narrowed by. */
export interface SagaFilter {
  state?: SagaViewState | undefined;
  kind?: string | undefined;
  player?: string | undefined;
}

/** A saga with all that happened to it. */
export interface SagaStory extends Saga {
  steps: StepsRead;
  timeline: SagaEvent[];
}

/** Sagas as operators see them: what runs have told, put together with the deals, which say what is open. */
@Injectable()
export class SagaViews {
  constructor(
    @Inject(DEAL_BOOKS) private readonly books: readonly DealBook[],
    private readonly reads: SagasReads,
    private readonly runs: SagaRuns,
    private readonly participants: Participants,
  ) {}

  /**
   * Up to `limit` + 1 places of the list, those of the newest deals first. Every deal that is open has a saga, and of
   * the closed ones those that were ever told of. The body of a row is null where the saga is not in `state` any more.
   * @throws VeltrixError `validation-failed` for a kind that there is not
   */
  async list(
    title: string,
    { state, kind, player }: SagaFilter,
    limit: number,
    from: Place | undefined,
  ): Promise<PageRow<Saga | null>[]> {
    const before = from === undefined ? undefined : placeAt(from);
    const books = this.books.filter((book) => kind === undefined || book.kind === kind);
    if (books.length === 0)
      throw new VeltrixError('validation-failed', 'The query does not have the required shape.', [this.unknownKind()]);
    const wantsOpen = state === undefined || state === 'running';
    // Open deals come first: one that is told of and closed meanwhile is then at least in the second list.
    const open = wantsOpen
      ? (await Promise.all(books.map((deals) => deals.openDeals(title, player, limit + 1, before)))).flat()
      : [];
    const wanted = state === 'running' || state === 'ended' ? undefined : state;
    const told =
      state === 'running' ? [] : await this.reads.list(title, { state: wanted, kind, player }, limit + 1, before);
    const ids = [...new Set([...open.map(({ exchange }) => exchange.id), ...told.map(({ id }) => id)])]
      .sort((a, b) => (placeOf(a) < placeOf(b) ? 1 : -1))
      .slice(0, limit + 1);
    const sagas = await this.sagas(title, ids, told, open);
    return ids.map((id) => {
      const saga = sagas.get(id);
      return {
        ...positionOf(id),
        body: saga !== undefined && (state === undefined || saga.state === state) ? saga : null,
      };
    });
  }

  /** Where a deal is read over HTTP. */
  urlOf(kind: string, id: string): string {
    const book = this.books.find((one) => one.kind === kind);
    if (book === undefined) throw new Error(`There are no deals of the kind ${kind}.`);
    return `${book.path}/${id}`;
  }

  /** @throws VeltrixError `not-found`, also for the deal of another title */
  async deal(title: string, id: string): Promise<Deal> {
    for (const deals of this.books) {
      const [deal] = await deals.find(title, [id]);
      if (deal !== undefined) return deal;
    }
    throw new VeltrixError('not-found', `There is no deal ${id}.`);
  }

  /** What runs have told of a saga last, if they ever did. */
  async noted(title: string, id: string): Promise<NotedSaga | undefined> {
    return (await this.reads.noted(title, [id]))[0];
  }

  /** @throws VeltrixError `not-found`, also for the deal of another title */
  async story(title: string, id: string): Promise<SagaStory> {
    const deal = await this.deal(title, id);
    const notes = await this.reads.timeline(title, id);
    const known = new Set([id, ...instancesOf(deal.exchange)]);
    const [noted, steps, done] = await Promise.all([
      this.noted(title, id),
      this.runs.steps(id, runsOf(deal, notes)),
      this.participants.eventsOf(deal.exchange),
    ]);
    const timeline: SagaEvent[] = [
      { at: deal.acceptedAt, event: 'accepted' },
      ...notes.map(eventOf),
      ...steps.events.map((event) =>
        'lastError' in event && event.lastError !== undefined
          ? { ...event, lastError: whyForTitle(event.lastError, known) }
          : event,
      ),
      ...done,
      ...(deal.closedAt === null
        ? []
        : [{ at: deal.closedAt, event: 'closed' as const, state: deal.state, reason: deal.reason }]),
    ];
    return { ...sagaOf(deal, noted), steps: steps.read, timeline: inOrder(timeline) };
  }

  private unknownKind(): FieldError {
    return {
      pointer: 'kind',
      code: 'invalid-value',
      detail: `must be ${this.books.map(({ kind }) => kind).join(' or ')}`,
    };
  }

  private async sagas(
    title: string,
    ids: readonly string[],
    told: readonly NotedSaga[],
    open: readonly Deal[],
  ): Promise<Map<string, Saga>> {
    // What was read for the list may be one side only, so the other is asked for.
    const deals = new Map(open.map((deal) => [deal.exchange.id, deal]));
    const noted = new Map(told.map((saga) => [saga.id, saga]));
    const [moreDeals, moreNoted] = await Promise.all([
      Promise.all(
        this.books.map((one) =>
          one.find(
            title,
            ids.filter((id) => !deals.has(id)),
          ),
        ),
      ),
      this.reads.noted(
        title,
        ids.filter((id) => !noted.has(id)),
      ),
    ]);
    for (const deal of moreDeals.flat()) deals.set(deal.exchange.id, deal);
    for (const saga of moreNoted) noted.set(saga.id, saga);
    return new Map([...deals].map(([id, deal]) => [id, sagaOf(deal, noted.get(id))]));
  }
}

/** The runs that have worked on a deal, as far as its row and their notes say. */
function runsOf(deal: Deal, notes: readonly TimelineNote[]): RunName[] {
  const own = exchangeWorkflowId(deal.exchange);
  const names: RunName[] = [{ workflowId: deal.workflowId ?? own }, { workflowId: own }, ...notes.toReversed()];
  const byName = new Map(
    names.map(({ workflowId, runId }) => [
      `${workflowId} ${runId ?? ''}`,
      { workflowId, ...(runId !== undefined && { runId }) },
    ]),
  );
  return [...byName.values()];
}
