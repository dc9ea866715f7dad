import type { Books } from '../books/books.js';
import { newId, nowInSeconds } from '../books/ids.js';
import type { Effect, Fault, KeptAnswer } from '../books/records.js';
import {
  isOfTheConnection,
  passedBy,
  passedFaults,
  strikingFault,
  used,
  type FaultyCall,
} from '../control/faults.rules.js';
import type { Actor } from '../money/actor.js';
import { ApiError, errorOfStatus } from '../wire/api-error.js';
import { canonical, type Tree } from '../wire/form.js';
import { Params } from '../wire/params.js';
import { expand } from './expand.js';
import { judgeKey } from './idempotency.rules.js';
import type { Answer, Route } from './route.js';

/** A call as it came. */
export interface Incoming {
  requestId: string;
  method: string;
  path: string;
  account: string;
  key: string | undefined;
  id: string;
  tree: Tree;
}

/** What goes out, and how. */
export interface Outgoing {
  status: number;
  body: string;
  isReplay: boolean;
  /** The request whose answer is replayed. */
  original: string | undefined;
  /** A fault that strikes the connection. */
  fault: Fault | undefined;
}

/** Does calls: what comes before the key, the key, the work, and what is kept of it. */
export class Pipeline {
  private readonly inFlight = new Map<string, string>();

  constructor(private readonly books: Books) {}

  /**
   * Does a call. The key is taken until `release`, which the caller makes when the answer has gone.
   * @returns what is to go out, once the books are on disk
   */
  async answer(route: Route, call: Incoming): Promise<{ outgoing: Outgoing; release: () => void }> {
    const struck = this.strike(call);
    if (struck?.fault === 'hang' || struck?.fault === 'drop-before' || struck?.fault === 'status') {
      await this.books.transaction(() => this.record(call, 'none')).written;
      const status = struck.status ?? 500;
      const body = JSON.stringify({ error: errorOfStatus(status) });
      return { outgoing: { status, body, isReplay: false, original: undefined, fault: struck }, release: () => {} };
    }
    const slot = call.method === 'POST' && call.key !== undefined ? `${call.account} ${call.key}` : undefined;
    const request = `${call.method} ${call.path} ${canonical(call.tree)}`;
    const kept = slot === undefined ? undefined : this.books.get('kept', slot);
    const isReplay = this.isReplay(call, request, slot, kept);
    if (isReplay && kept !== undefined) {
      await this.books.transaction(() => this.record(call, 'replayed')).written;
      const { status, body, requestId: original } = kept;
      return { outgoing: { status, body, isReplay: true, original, fault: struck }, release: () => {} };
    }
    if (slot !== undefined) this.inFlight.set(slot, request);
    const release = (): void => void (slot !== undefined && this.inFlight.delete(slot));
    try {
      const outgoing = await this.execute(route, call, { slot, request, struck });
      return { outgoing, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** The account of a key that is new is made by its first call. */
  admit(account: string): void {
    if (this.books.get('account', account) !== undefined) return;
    const record = { id: account, name: newId('acct'), created: nowInSeconds() };
    void this.books.transaction(() => this.books.put('account', record)).written;
  }

  private strike(call: Incoming): Fault | undefined {
    const faults = this.books.all('fault');
    const faulty = this.asFaulty(call);
    const passed = passedFaults(faults, faulty);
    if (passed.length > 0)
      void this.books.transaction(() => passed.forEach((one) => this.books.put('fault', passedBy(one)))).written;
    const fault = strikingFault(faults, faulty);
    if (fault !== undefined && isOfTheConnection(fault.fault)) this.use(fault);
    return fault;
  }

  private use(fault: Fault): void {
    void this.books.transaction(() => {
      const left = used(fault);
      if (left === undefined) this.books.remove('fault', fault.id);
      else if (left !== fault) this.books.put('fault', left);
    }).written;
  }

  private asFaulty({ account, method, path, id, tree }: Incoming): FaultyCall {
    const { confirm, metadata, payment_intent: intent, charge } = tree;
    const isConfirming =
      method === 'POST' && ((path === '/v1/payment_intents' && confirm === 'true') || path.endsWith('/confirm'));
    const named = [id, intent, charge].filter((one) => typeof one === 'string' && one !== '') as string[];
    const intents = named.flatMap((one) => this.intentsOf(one));
    const values = intents.flatMap((one) => Object.values(this.books.get('intent', one)?.metadata ?? {}));
    const sent = typeof metadata === 'object' ? Object.values(metadata) : [];
    const references = new Set([...named, ...intents, ...values, ...sent.filter((one) => typeof one === 'string')]);
    return { account, method, path, isConfirming, references };
  }

  /** @returns the intent that an object belongs to */
  private intentsOf(id: string): string[] {
    if (this.books.get('intent', id) !== undefined) return [id];
    const of = this.books.get('charge', id) ?? this.books.get('refund', id) ?? this.books.get('dispute', id);
    return of === undefined ? [] : [of.intent];
  }

  private isReplay(call: Incoming, request: string, slot: string | undefined, kept: KeptAnswer | undefined): boolean {
    if (slot === undefined || call.key === undefined) return false;
    try {
      const about = { key: call.key, now: nowInSeconds() };
      return judgeKey(request, this.inFlight.get(slot), kept, about) === 'replay';
    } catch (error) {
      void this.books.transaction(() => this.record(call, 'none')).written;
      throw error;
    }
  }

  private async execute(
    route: Route,
    call: Incoming,
    { slot, request, struck }: { slot: string | undefined; request: string; struck: Fault | undefined },
  ): Promise<Outgoing> {
    if (struck !== undefined && !isOfTheConnection(struck.fault)) this.use(struck);
    const ofConnection = struck !== undefined && isOfTheConnection(struck.fault) ? struck : undefined;
    const finish = (answer: Answer, isKept: boolean): Outgoing => {
      const status = answer.status ?? 200;
      const body = JSON.stringify(answer.body);
      this.record(call, answer.effect ?? 'none', answer.intent);
      const at = nowInSeconds();
      if (slot !== undefined && isKept) {
        this.books.put('kept', { id: slot, request, requestId: call.requestId, status, body, at });
      }
      return { status, body, isReplay: false, original: undefined, fault: ofConnection };
    };
    try {
      const { result, written } = this.books.transaction(() => finish(this.work(route, call, struck), true));
      await written;
      return result;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const answer = { status: error.status, body: { error: error.fields } };
      const { result, written } = this.books.transaction(() => finish(answer, error.isKept));
      await written;
      return result;
    }
  }

  private work(route: Route, call: Incoming, struck: Fault | undefined): Answer {
    if (struck?.fault === 'status-stored') {
      const status = struck.status ?? 500;
      return { status, body: { error: errorOfStatus(status) } };
    }
    const params = new Params(call.tree);
    const actor: Actor = {
      books: this.books,
      account: call.account,
      request: call.requestId,
      key: call.key ?? null,
      now: nowInSeconds(),
    };
    const answer = route.answer({ actor, params, id: call.id, fault: struck?.fault });
    // What is refused has nothing to expand.
    if ((answer.status ?? 200) >= 400) return answer;
    return { ...answer, body: expand(this.books, answer.body, params.list('expand')) };
  }

  private record(call: Incoming, effect: Effect, intent?: string | null): void {
    const { requestId: id, account, method, path, key = null } = call;
    const { references } = this.asFaulty(call);
    if (intent) references.add(intent);
    const at = new Date().toISOString();
    this.books.put('call', { id, account, method, path, key, at, effect, about: [...references] });
  }
}
