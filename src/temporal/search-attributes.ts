import { Inject, Injectable } from '@nestjs/common';
import { Client, isGrpcServiceError } from '@temporalio/client';
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import proto from '@temporalio/proto';
import { playersOf, type Exchange } from '../../contracts/nouns.js';
import { sagaAttributes, type SagaState } from '../../contracts/sagas.js';
import { CONFIG, type Config } from '../process/config.js';

const {
  INDEXED_VALUE_TYPE_KEYWORD: keyword,
  INDEXED_VALUE_TYPE_KEYWORD_LIST: keywordList,
  INDEXED_VALUE_TYPE_DATETIME: datetime,
} = proto.temporal.api.enums.v1.IndexedValueType;

/** The search attributes with their types. */
const types: Record<(typeof sagaAttributes)[keyof typeof sagaAttributes], number> = {
  SagaKind: keyword,
  SagaState: keyword,
  SagaStep: keyword,
  BusinessId: keyword,
  Title: keyword,
  Player: keywordList,
  StuckSince: datetime,
};

const callTimeoutMs = 5_000;

/** How long a server may take until it knows what was registered: its parts look again every few seconds. */
const knownWithinMs = 20_000;
const lookEveryMs = 250;
const invalidArgument = 3;
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
    if (!(await this.isKnown())) this.doubt();
    await this.register();
  }

  /** Whoever may only use attributes, and not make them, is not asked to: it is enough that they are known. */
  private async makeKnown(): Promise<void> {
    if (await this.isKnown()) return;
    const { operatorService } = this.client.connection;
    const namespace = this.config.TEMPORAL_NAMESPACE;
    const { customAttributes } = await this.call(() => operatorService.listSearchAttributes({ namespace }));
    const missing = Object.entries(types).filter(([name]) => !(name in customAttributes));
    try {
      if (missing.length > 0)
        await this.call(() =>
          operatorService.addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(missing) }),
        );
    } catch (error) {
      // Another process was quicker.
      if (codeOf(error) !== alreadyExists) throw error;
    }
    for (const until = Date.now() + knownWithinMs; !(await this.isKnown());) {
      if (Date.now() > until)
        throw new Error(
          `Temporal does not know the search attributes within ${knownWithinMs / 1_000} s of their registration.`,
        );
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  }

  /** Asks for what no run has, so that the question costs nothing. */
  private async isKnown(): Promise<boolean> {
    const query = Object.entries(types)
      .map(([name, type]) => `${name} = ${type === datetime ? "'1970-01-01T00:00:00Z'" : "''"}`)
      .join(' and ');
    try {
      await this.call(() =>
        this.client.workflowService.countWorkflowExecutions({ namespace: this.config.TEMPORAL_NAMESPACE, query }),
      );
      return true;
    } catch (error) {
      if (codeOf(error) !== invalidArgument) throw error;
      return false;
    }
  }

  private call<T>(make: () => Promise<T>): Promise<T> {
    return this.client.withDeadline(Date.now() + callTimeoutMs, make);
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
