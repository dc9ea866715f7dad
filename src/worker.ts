import 'reflect-metadata';
import { setFlagsFromString } from 'node:v8';
import type { INestApplication } from '@nestjs/common';
import { Runtime, type Logger as RuntimeLogger, type NativeConnection, type Worker } from '@temporalio/worker';
import { Registry } from 'prom-client';
import type { Logger } from 'pino';
import { dealActivities } from '../activities/deal.activities.js';
import { paymentCommands } from '../activities/payment-commands.js';
import { refundCommands } from '../activities/refund-commands.js';
import { workerActivities } from '../activities/worker.activities.js';
import type { DealActivities } from '../contracts/activities.js';
import { EventActs } from './payments/event-acts.service.js';
import { FeesService } from './payments/fees.service.js';
import { LooksAgain } from './payments/looks-again.service.js';
import { OrphansService } from './payments/orphans.service.js';
import { PaymentsOutside } from './payments/outside.service.js';
import { RefundLooks } from './payments/refund-looks.service.js';
import { PaymentsService } from './payments/payments.service.js';
import { PeriodsService } from './reconciliation/periods.service.js';
import { ReconciliationService } from './reconciliation/reconciliation.service.js';
import { RefundsService } from './payments/refunds.service.js';
import { loadConfig, type Config } from './process/config.js';
import { ExchangeStarter } from './exchanges/exchange-starter.service.js';
import { KnownDeals } from './exchanges/known-deals.service.js';
import { RedriveService } from './exchanges/redrive.service.js';
import { SweepService } from './exchanges/sweep.service.js';
import { createApp } from './http/create-app.js';
import { Degradations } from './process/health.js';
import { InventoryService } from './inventory/inventory.service.js';
import { EntryCheck } from './ledger/entry-check.service.js';
import { LedgerService } from './ledger/ledger.service.js';
import { LogDestination } from './process/log-destination.js';
import { endOnUncaught, makeLog, tellOfLog } from './process/logging.js';
import { ForeignMetrics } from './process/metrics.js';
import { lastWords } from './process/start-error.js';
import { connectWorker, makeSagaWorkers } from './temporal/saga-workers.js';
import { freePort, readSdkMetrics } from './temporal/sdk-metrics.js';
import { SagasService } from './sagas/sagas.service.js';
import { timeActivities } from './temporal/timed-activities.js';
import { Upkeep } from './temporal/upkeep.js';
import type { DealsService } from './exchanges/deals.service.js';
import { purchaseKind } from './purchases/purchase-kind.js';
import { PURCHASES_SERVICE } from './purchases/purchases.tokens.js';
import type { PurchaseTerms } from './purchases/purchases.types.js';
import { OutsideGoods } from './refunds/outside-goods.service.js';
import { refundKind } from './refunds/refund-kind.js';
import { REFUNDS_SERVICE } from './refunds/refunds.tokens.js';
import type { RefundTerms } from './refunds/refunds.types.js';
import { tradeKind } from './trades/trade-kind.js';
import { TRADES_SERVICE } from './trades/trades.tokens.js';
import type { TradeTerms } from './trades/trades.types.js';
import { WorkerModule } from './worker.module.js';
import { messageOf } from './errors.js';

const maxPauseMs = 5_000;

/**
 * How many places a stack trace inside a workflow names. The SDK takes one of every promise that a workflow makes, for
 * its stack trace query, and with the usual ten that is a fifth of what a worker does for a trade that travels alone.
 */
const workflowStackDepth = 4;

/**
 * The process that runs sagas. It waits for a Temporal server that is away or that refuses the search attributes, which
 * `/health/ready` tells. It ends with one sentence and code 1 if it cannot start for another reason.
 */
async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const destination = new LogDestination();
  const log = makeLog(config, 'worker', destination);
  endOnUncaught(log);
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());

  // This applies to threads that are created from now on: the threads of the workflows.
  setFlagsFromString(`--stack-trace-limit=${workflowStackDepth}`);
  const sdkPort = await freePort();
  Runtime.install({
    shutdownSignals: [],
    logger: sdkLog(log),
    // What the SDK's core has to say would otherwise be written to standard output as coloured text.
    telemetryOptions: { logging: { forward: {} }, metrics: { prometheus: { bindAddress: `127.0.0.1:${sdkPort}` } } },
  });

  const app = await createApp(WorkerModule.forConfig(config), log);
  app.get(ForeignMetrics).add(() => readSdkMetrics(sdkPort));
  let polling = false;
  tellOfLog(log, destination, app.get(Degradations));
  app.get(Degradations).add('saga-workers', () => Promise.resolve(polling ? undefined : notPolling(config)));
  await app.listen(config.WORKER_PORT, config.HOST);
  log.info({ port: config.WORKER_PORT }, 'listening');

  const connection = await untilConnected(config, log, stop.signal);
  if (connection !== undefined) {
    const services = {
      ledger: app.get(LedgerService),
      inventory: app.get(InventoryService),
      fees: app.get(FeesService),
      orphans: app.get(OrphansService),
      refundLooks: app.get(RefundLooks),
      outside: app.get(PaymentsOutside),
      outsideGoods: app.get(OutsideGoods),
      payments: paymentCommands(app.get(PaymentsService)),
      refunds: refundCommands(app.get(RefundsService)),
      sagas: app.get(SagasService),
      starter: app.get(ExchangeStarter),
      sweep: app.get(SweepService),
      reconciliation: app.get(ReconciliationService),
      periods: app.get(PeriodsService),
      redrive: app.get(RedriveService),
      looksAgain: app.get(LooksAgain),
      known: app.get(KnownDeals),
      deals: activitiesOfDeals(app),
    };
    const workers = await makeSagaWorkers(
      connection,
      config,
      workerActivities(services, timeActivities(app.get(Registry))),
    );
    const upkeep = app.get(Upkeep);
    await upkeep.untilRunsCanStart(stop.signal);
    polling = true;
    log.info({ taskQueue: config.TASK_QUEUE }, 'polling');
    await Promise.all([
      runUntil(workers, stop.signal),
      upkeep.keep(stop.signal),
      app.get(EntryCheck).keep(stop.signal),
      app.get(EventActs).keep(stop.signal),
    ]);
    polling = false;
    await connection.close();
  }
  await app.close();
}

/**
 * The SDK's log lines in the log of the process. What it says of every workflow and activity is worth reading only to
 * find a mistake.
 */
function sdkLog(log: Logger): RuntimeLogger {
  const debug = log.isLevelEnabled('debug')
    ? (message: string, meta?: object): void => log.debug({ ...meta }, message)
    : (): void => undefined;
  const warn = (message: string, meta?: object): void => log.warn({ ...meta }, message);
  const error = (message: string, meta?: object): void => log.error({ ...meta }, message);
  const byLevel = { TRACE: debug, DEBUG: debug, INFO: debug, WARN: warn, ERROR: error };
  return {
    log: (level, message, meta) => byLevel[level](message, meta),
    trace: debug,
    debug,
    info: debug,
    warn,
    error,
  };
}

function notPolling({ TASK_QUEUE }: Config): string {
  return `This worker does not poll the task queue ${TASK_QUEUE} yet: it waits for Temporal to have what sagas need.`;
}

/** Tries until Temporal answers. Undefined if the process is to end before. */
async function untilConnected(config: Config, log: Logger, stop: AbortSignal): Promise<NativeConnection | undefined> {
  for (let pauseMs = 250; !stop.aborted; pauseMs = Math.min(pauseMs * 2, maxPauseMs)) {
    try {
      return await connectWorker(config);
    } catch (error) {
      log.warn(
        { address: config.TEMPORAL_ADDRESS, reason: messageOf(error) },
        'Temporal does not answer; trying again',
      );
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pauseMs);
      const end = (): void => {
        clearTimeout(timer);
        resolve();
      };
      stop.addEventListener('abort', end, { once: true });
    });
  }
  return undefined;
}

/** Runs workers until the signal, then lets them finish what they are doing. If one fails, the others stop too. */
async function runUntil(workers: readonly Worker[], stop: AbortSignal): Promise<void> {
  const end = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  stop.addEventListener('abort', end, { once: true });
  const runs = workers.map((worker) => worker.run());
  if (stop.aborted) end();
  try {
    await Promise.all(runs);
  } catch (error) {
    end();
    await Promise.allSettled(runs);
    throw error;
  }
}

/** The activities of every kind of deal. */
function activitiesOfDeals(app: INestApplication): DealActivities {
  return {
    ...dealActivities(tradeKind.kind, app.get<DealsService<TradeTerms>>(TRADES_SERVICE)),
    ...dealActivities(purchaseKind.kind, app.get<DealsService<PurchaseTerms>>(PURCHASES_SERVICE)),
    ...dealActivities(refundKind.kind, app.get<DealsService<RefundTerms>>(REFUNDS_SERVICE)),
  };
}

try {
  await main();
  process.exit(0);
} catch (error) {
  process.stderr.write(`${lastWords(error, process.env['WORKER_PORT'] ?? '3001', 'WORKER_PORT')}\n`);
  process.exit(1);
}
