import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { Pages, type Page } from '../http/page.js';
import { RefundBodies } from './refund-bodies.js';
import { RefundsReads, type RefundFilter } from './refunds.reads.js';
import type { refund } from './refunds.shapes.js';

/** The pages of the lists of refunds. */
@Injectable()
export class RefundPages {
  constructor(
    private readonly reads: RefundsReads,
    private readonly bodies: RefundBodies,
    private readonly pages: Pages,
  ) {}

  /** The page of a list that a cursor leads to, or the first one. */
  async page(
    list: { title: string; route: string; filter: RefundFilter },
    { limit, cursor }: { limit: number; cursor?: string | undefined },
    reply: FastifyReply,
  ): Promise<Page<z.infer<typeof refund>>> {
    const { title, route, filter } = list;
    const named = { title, route, filter: { ...filter } };
    const rows = await this.reads.refunds(title, filter, limit, this.pages.place(cursor, named));
    const bodies = await this.bodies.of(
      title,
      rows.map(({ body }) => body),
    );
    return this.pages.page(
      rows.flatMap((row, index) => (bodies[index] === undefined ? [] : [{ ...row, body: bodies[index] }])),
      limit,
      named,
      reply,
    );
  }
}
