import { Inject, Injectable } from '@nestjs/common';
import { Client, isGrpcServiceError } from '@temporalio/client';
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import { playersOf, type Exchange } from '../../contracts/nouns.js';
import { sagaAttributes, type SagaState } from '../../contracts/sagas.js';
import { CONFIG, type Config } from '../process/config.js';
import { areKnown, knownAttributes } from './attribute-types.js';
import { deadlineIn } from './deadline.js';

const callTimeoutMs = 5_000;

/** How long a server may take until it knows what was registered: its parts look again every few seconds. */
const knownWithinMs = 20_000;
const lookEveryMs = 250;
const alreadyExists = 6;

/** Registers the search attributes by which a saga is found. A server that does not know them refuses every start. */
@Injectable()
export class SearchAttributes {
  private registered: Promise<void> | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly client: Client,
  ) {}

  /**
   * Resolves when the server knows them. It is asked once.
   * @throws what Temporal throws; the next call asks again
   */
  register(): Promise<void> {
    this.registered ??= this.makeKnown().catch((error: unknown) => {
      this.registered = undefined;
      throw error;
    });
    return this.registered;
  }

  /** Has the next call ask again, because the server may have lost its state. */
  doubt(): void {
    this.registered = undefined;
  }

  /**
   * Asks the server again, and registers what it has lost. Where it does not answer, starts go by what was known
   * before.
   * @throws what Temporal throws
   */
  async lookAgain(): Promise<void> {
    const known = await this.call(() => knownAttributes(this.client, this.config.TEMPORAL_NAMESPACE));
    if (known?.wrong !== undefined || !(await this.isKnown())) this.doubt();
    await this.register();
  }

  /**
   * Whoever may only use attributes, and not list or make them, is not asked to: it is enough that they are known.
   * @throws Error with one sentence where one of them is there with another type
   */
  private async makeKnown(): Promise<void> {
    const namespace = this.config.TEMPORAL_NAMESPACE;
    const known = await this.call(() => knownAttributes(this.client, namespace));
    if (known?.wrong !== undefined) throw new Error(known.wrong);
    if (await this.isKnown()) return;
    const searchAttributes = known?.missing ?? {};
    try {
      if (Object.keys(searchAttributes).length > 0)
        await this.call(() =>
          this.client.connection.operatorService.addSearchAttributes({ namespace, searchAttributes }),
        );
    } catch (error) {
      // Another process was quicker.
      if (codeOf(error) !== alreadyExists) throw error;
    }
    for (const until = performance.now() + knownWithinMs; !(await this.isKnown());) {
      if (performance.now() > until)
        throw new Error(
          `Temporal does not know the search attributes within ${knownWithinMs / 1_000} s of their registration.`,
        );
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  }

  private isKnown(): Promise<boolean> {
    return this.call(() => areKnown(this.client, this.config.TEMPORAL_NAMESPACE));
  }

  private call<T>(make: () => Promise<T>): Promise<T> {
    return this.client.withDeadline(deadlineIn(callTimeoutMs), make);
  }
}

function codeOf(error: unknown): number | undefined {
  return isGrpcServiceError(error) ? error.code : undefined;
}

const kindKey = defineSearchAttributeKey(sagaAttributes.kind, 'KEYWORD');
const stateKey = defineSearchAttributeKey(sagaAttributes.state, 'KEYWORD');
const businessIdKey = defineSearchAttributeKey(sagaAttributes.businessId, 'KEYWORD');
const titleKey = defineSearchAttributeKey(sagaAttributes.title, 'KEYWORD');
const playersKey = defineSearchAttributeKey(sagaAttributes.players, 'KEYWORD_LIST');

/** What a run is found by from its start. A convoy is many deals of many players, more than an index takes. */
export function attributesOf(exchanges: readonly Exchange[]): SearchAttributePair[] {
  const [first] = exchanges;
  const state: SagaState = 'running';
  if (first === undefined) return [];
  const title = exchanges.every((exchange) => exchange.title === first.title)
    ? [{ key: titleKey, value: first.title }]
    : [];
  if (exchanges.length > 1) return [{ key: kindKey, value: 'convoy' }, { key: stateKey, value: state }, ...title];
  return [
    { key: kindKey, value: first.kind },
    { key: stateKey, value: state },
    { key: businessIdKey, value: first.id },
    { key: playersKey, value: playersOf(first) },
    ...title,
  ];
}
