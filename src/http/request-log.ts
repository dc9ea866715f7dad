import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { Counter, Histogram, type Registry } from 'prom-client';

declare module 'fastify' {
  interface FastifyRequest {
    /** The workflow that works on what the request is about. Its handler sets it for the log. */
    workflowId?: string;
  }
}

/** Routes that machines ask every few seconds, and whose lines nobody wants to read. */
const quietRoutes = new Set(['/health/live', '/health/ready', '/metrics']);

/**
 * Counts, times and logs every request that Fastify has answered, by its route. The route is its pattern: the address
 * itself would make a series of metrics for every player, and a query may hold what nobody should read in a log.
 */
export function watchRequests(server: FastifyInstance, log: Logger, registry: Registry): void {
  const labelNames = ['method', 'route', 'status'] as const;
  const requests = new Counter({
    name: 'veltrix_http_requests_total',
    help: 'Requests answered, and with the status aborted those that their clients ended before',
    labelNames,
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'veltrix_http_request_duration_seconds',
    help: 'Time from the header of a request to the end of its answer',
    labelNames,
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  });
  const routeOf = ({ routeOptions: { url, config }, is404 }: FastifyRequest): string =>
    is404 || config.allow !== undefined || url === undefined ? 'none' : url;
  server.addHook('onRequestAbort', (request, done) => {
    const labels = { method: request.method, route: routeOf(request), status: 'aborted' };
    requests.inc(labels);
    log.info({ requestId: request.id, workflowId: request.workflowId, ...labels }, 'request ended by its client');
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    const route = routeOf(request);
    const labels = { method: request.method, route, status: String(reply.statusCode) };
    requests.inc(labels);
    seconds.observe(labels, reply.elapsedTime / 1_000);
    log[quietRoutes.has(route) ? 'debug' : 'info'](
      {
        requestId: request.id,
        workflowId: request.workflowId,
        ...labels,
        // A number in the log, and a label in the metrics.
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
      },
      'request',
    );
    done();
  });
}
