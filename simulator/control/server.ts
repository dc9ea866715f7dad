import fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Books } from '../books/books.js';
import { newId } from '../books/ids.js';
import { ApiError } from '../wire/api-error.js';
import { act } from './acts.js';
import { accountBody, actBody, effectsQuery, faultBody, webhooksBody } from './bodies.js';
import { effectsOf } from './effects.js';

/** A body or a query that the control cannot use. */
class ControlError extends Error {}

/** How tests and people make the provider fail, play a buyer or a bank, and read its books. */
export function makeControl(books: Books): FastifyInstance {
  const server = fastify({ forceCloseConnections: true });
  // A body is JSON whatever its sender calls it, and may be missing.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? undefined : JSON.parse(String(body)));
    } catch {
      done(new ControlError('The body is no JSON.'));
    }
  });
  server.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    if (error instanceof ApiError) return reply.code(error.status).send({ error: error.fields });
    const status = error instanceof ControlError ? 400 : (error.statusCode ?? 500);
    if (status >= 500) console.error(error);
    return reply.code(status).send({ error: { message: error.message } });
  });
  server.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ error: { message: `The control has no ${request.method} ${request.url}.` } }),
  );
  server.post('/_control/faults', async (request, reply) => {
    const { times, ...fault } = read(faultBody, request.body);
    const id = newId('flt');
    await books.transaction(() => books.put('fault', { ...fault, id, ...(times !== undefined && { left: times }) }))
      .written;
    return reply.code(201).send({ id });
  });
  server.delete('/_control/faults', async (request) => {
    const { account } = read(accountBody, request.body);
    const ended = books.all('fault').filter((fault) => account === undefined || fault.account === account);
    await books.transaction(() => ended.forEach(({ id }) => books.remove('fault', id))).written;
    return { deleted: ended.length };
  });
  server.post('/_control/webhooks', async (request) => {
    const { account, mode, kind = 'snapshot', ms } = read(webhooksBody, request.body);
    const setting = { id: account ?? '*', mode, kind, ...(ms !== undefined && { ms }) };
    await books.transaction(() => {
      if (account === undefined) books.all('webhooks').forEach(({ id }) => books.remove('webhooks', id));
      books.put('webhooks', setting);
    }).written;
    return { mode, kind };
  });
  server.post('/_control/acts', async (request) => {
    const body = read(actBody, request.body);
    const { result, written } = books.transaction(() => act(books, body));
    await written;
    return result;
  });
  server.get('/_control/effects', (request) => {
    const { reference, account } = read(effectsQuery, request.query);
    return Promise.resolve(effectsOf(books, reference, account));
  });
  return server;
}

function read<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  throw new ControlError(z.prettifyError(parsed.error));
}
