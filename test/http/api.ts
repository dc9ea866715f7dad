import type { AddressInfo } from 'node:net';
import { expect } from '@jest/globals';
import type { Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import { pino } from 'pino';
import { ApiModule } from '../../src/api.module.js';
import { loadConfig } from '../../src/process/config.js';
import { createApp } from '../../src/http/create-app.js';
import type { Problem } from '../../src/http/problem.js';
import { createDatabase } from '../harness/database.js';

export const adminKey = 'the-admin-key-of-the-tests';
export const secretsKey = '1'.repeat(64);

/** An answer as a test looks at it: the body is parsed JSON, or undefined where there was none. */
export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** What a test sends. A `body` that is not text or bytes is sent as JSON. */
export interface Sent {
  key?: string;
  headers?: Record<string, string>;
  body?: unknown;
}

/** The API on a database and a port of its own. */
export interface Api {
  app: NestFastifyApplication;
  url: string;
  host: string;
  port: number;
  databaseUrl: string;
  /** A session of the test's own in the API's database. */
  session: pg.Client;
  /** What the API has logged, one object a line. */
  logged: Record<string, unknown>[];
  send(method: string, path: string, sent?: Sent): Promise<Answer>;
  /** Makes a title and answers its first key. */
  makeTitle(id: string): Promise<string>;
  close(): Promise<void>;
}

/** What a test may change: the environment, and controllers of its own beside those of the API. */
export interface ApiOptions {
  env?: Record<string, string>;
  controllers?: Type[];
}

class TestModule {}

/** Starts the API as main.ts does, in this process. */
export async function openApi({ env = {}, controllers = [] }: ApiOptions = {}): Promise<Api> {
  const database = await createDatabase();
  const config = loadConfig({
    VELTRIX_ADMIN_KEY: adminKey,
    VELTRIX_SECRETS_KEY: secretsKey,
    DATABASE_URL: database.url,
    DATABASE_POOL_SIZE: '4',
    TEMPORAL_ADDRESS: process.env['VELTRIX_TEST_TEMPORAL_ADDRESS'],
    TASK_QUEUE: 'nobody-works-on-this',
    ...env,
  });
  const logged: Record<string, unknown>[] = [];
  const log = pino(
    { level: 'info' },
    { write: (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const app = await createApp({ module: TestModule, imports: [ApiModule.forConfig(config)], controllers }, log);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const session = new pg.Client({ connectionString: database.url });
  await session.connect();
  const url = `http://127.0.0.1:${port}`;
  const send = (method: string, path: string, sent: Sent = {}): Promise<Answer> =>
    request(method, `${url}${path}`, sent);
  return {
    app,
    url,
    host: '127.0.0.1',
    port,
    databaseUrl: database.url,
    session,
    logged,
    send,
    async makeTitle(id) {
      const { status, body } = await send('POST', '/v1/titles', { key: adminKey, body: { id, name: `The ${id}` } });
      expect({ status, body }).toMatchObject({ status: 201 });
      return (body as { key: string }).key;
    },
    async close() {
      await app.close();
      await session.end();
      await database.drop();
    },
  };
}

/** A CSV is a text; all else is JSON, whatever it says. */
function bodyOf(response: Response, text: string): unknown {
  if (response.headers.get('content-type')?.startsWith('text/csv') === true) return text;
  return text === '' ? undefined : JSON.parse(text);
}

async function request(method: string, url: string, { key, headers = {}, body }: Sent): Promise<Answer> {
  const raw = body === undefined || typeof body === 'string' || body instanceof Uint8Array || body instanceof FormData;
  const response = await fetch(url, {
    method,
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(!(body instanceof FormData) && body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: (raw ? body : JSON.stringify(body)) as NonNullable<RequestInit['body']> }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: bodyOf(response, text),
  };
}

/** Holds an answer to be a problem document with this status and code, and answers it. */
export function expectProblem(answer: Answer, status: number, code: string): Problem {
  expect({ status: answer.status, type: answer.headers.get('content-type'), body: answer.body }).toMatchObject({
    status,
    type: 'application/problem+json',
    body: { type: `/docs/errors#${code}`, code, status, instance: answer.headers.get('x-request-id') },
  });
  return answer.body as Problem;
}

/**
 * How many rows each table of each schema of Veltrix has, by `schema.table`. Nothing is written exactly if this stays
 * the same.
 */
export async function rowCounts(session: pg.Client): Promise<Record<string, number>> {
  const { rows } = await session.query<{ name: string; count: number }>(`
    select format('%I.%I', schemaname, tablename) as name,
      (xpath(
        '/row/c/text()',
        query_to_xml(format('select count(*) as c from %I.%I', schemaname, tablename), false, true, '')
      ))[1]::text::int as count
    from pg_tables where schemaname not in ('pg_catalog', 'information_schema') order by 1`);
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
}
