import type { FastifyReply } from 'fastify';

/** Answers 201 with the address of what was made. */
export function created(reply: FastifyReply, location: string): void {
  void reply.status(201).header('location', location);
}

/** Answers 202 with the address where the outcome will be, and when to look. */
export function accepted(reply: FastifyReply, location: string, retryAfterSeconds = 1): void {
  void reply.status(202).header('location', location).header('retry-after', String(retryAfterSeconds));
}

/** Answers 200 to a request that waited for its outcome, with the address of what was made. */
export function completed(reply: FastifyReply, location: string): void {
  void reply.status(200).header('location', location);
}

/** Says that the request had been done before under the same key, and that nothing was done again. */
export function replayed(reply: FastifyReply): void {
  void reply.header('idempotency-replayed', 'true');
}

/** Says that the preference to wait was obeyed. */
export function preferenceApplied(reply: FastifyReply, seconds: number): void {
  void reply.header('preference-applied', `wait=${seconds}`);
}
