import { NestFactory } from '@nestjs/core';
import type { DynamicModule } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import { Draining } from '../process/draining.js';
import { NestLog } from '../process/logging.js';
import { bodyLimit, makeAdapter } from './adapter.js';
import { serveDocuments } from './documents.js';
import { drainConnections } from './drain-connections.js';
import { refuseOtherMethods } from './methods.js';
import { RefuseConditions } from './etag.js';
import { ADMISSION, meetExpectations, type Admission } from './expectation.js';
import { describeApi } from './openapi.js';
import { ProblemFilter } from './problem.filter.js';
import { watchRequests } from './request-log.js';
import { RefuseUnknownQuery } from './unknown-query.js';
import { ValidationPipe } from './validation.pipe.js';

/**
 * Makes the HTTP application of a module, ready to listen. `close()` on it answers what is in flight and ends.
 * @param module ApiModule.forConfig, or in a test whatever imports HttpModule
 * @throws what a provider throws while it starts, a refused database connection among them
 */
export async function createApp(module: DynamicModule, log: Logger): Promise<NestFastifyApplication> {
  const adapter = makeAdapter();
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: new NestLog(log),
    bodyParser: false,
    abortOnError: false,
  });
  app.useGlobalPipes(new ValidationPipe());
  app.useGlobalGuards(new RefuseUnknownQuery(), new RefuseConditions());
  app.useGlobalFilters(new ProblemFilter());
  const server = adapter.getInstance<FastifyInstance>();
  watchRequests(server, log, app.get(Registry));
  meetExpectations(server, bodyLimit, () => app.get<Admission>(ADMISSION, { strict: false }));
  drainConnections(server, app.get(Draining));
  const refuseOthers = refuseOtherMethods(server);
  serveDocuments(server, () => describeApi(app));
  await app.init();
  refuseOthers();
  return app;
}
