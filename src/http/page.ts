import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { VeltrixError } from '../errors.js';
import { CONFIG, type Config } from '../process/config.js';

/** Which list a cursor belongs to. It is worth nothing in any other. */
export interface List {
  title: string;
  /** The name of the list, for example `trades`. */
  route: string;
  /** The filters of the query, without `limit` and `cursor`. */
  filter?: Readonly<Record<string, string | undefined>>;
}

/**
 * Where in a list a row stands: two numbers, by which the list is ordered, newest first. Each list has its own. Most
 * have the transaction and the sequence of the row; a list that is ordered by one number has the same major in every
 * row.
 */
export interface Place {
  /** An unsigned number of 64 bits in decimal, such as an xid8. */
  major: string;
  /** A signed number of 64 bits in decimal, such as a bigint. */
  minor: string;
}

/** A row of a list: where it stands, and what is answered for it. */
export interface PageRow<T> extends Place {
  body: T;
}

/** The answer of a list. */
export interface Page<T> {
  data: T[];
  /** The cursor of the next page, or null where this was the last one. */
  next: string | null;
}

const placeBytes = 16;
const macBytes = 16;

/** Makes and reads the cursors of lists. */
@Injectable()
export class Pages {
  private readonly key: Uint8Array;

  constructor(@Inject(CONFIG) config: Config) {
    // Derived from what every process of an installation shares, so that any of them can read another's cursor.
    this.key = new Uint8Array(hkdfSync('sha256', config.VELTRIX_ADMIN_KEY, '', 'veltrix cursor', 32));
  }

  /**
   * Where a page begins: after this place. Where there is one, a reader selects what stands behind it, for example
   * `(transaction_id, sequence) < ($n::xid8, $m::bigint)`.
   * @throws VeltrixError `cursor-invalid` if the cursor was not made for this list
   */
  place(cursor: string | undefined, list: List): Place | undefined {
    if (cursor === undefined) return undefined;
    const bytes = Buffer.from(cursor, 'base64url');
    const place = bytes.subarray(0, placeBytes);
    const mac = bytes.subarray(placeBytes);
    // Decoding forgives what encoding never makes, so the text is compared too.
    const wellFormed = bytes.length === placeBytes + macBytes && bytes.toString('base64url') === cursor;
    if (!wellFormed || !timingSafeEqual(mac, this.mac(place, list))) {
      throw new VeltrixError('cursor-invalid', 'The cursor does not belong to this list.', [
        { pointer: 'cursor', code: 'cursor-invalid', detail: 'Use the `next` of a page with the same filters.' },
      ]);
    }
    return { major: String(place.readBigUInt64BE(0)), minor: String(place.readBigInt64BE(8)) };
  }

  /**
   * The answer for rows of which the reader fetched one more than `limit`; that one says that there is a next page.
   * Sets the Link header to the next page.
   */
  page<T>(rows: readonly PageRow<T>[], limit: number, list: List, reply: FastifyReply): Page<T> {
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const next = rows.length > limit && last !== undefined ? this.cursor(last, list) : null;
    if (next !== null) {
      const url = new URL(reply.request.url, 'http://localhost');
      url.searchParams.set('cursor', next);
      void reply.header('link', `<${url.pathname}${url.search}>; rel="next"`);
    }
    return { data: shown.map((row) => row.body), next };
  }

  private cursor({ major, minor }: Place, list: List): string {
    const place = Buffer.alloc(placeBytes);
    place.writeBigUInt64BE(BigInt(major), 0);
    place.writeBigInt64BE(BigInt(minor), 8);
    return Buffer.concat([place, this.mac(place, list)]).toString('base64url');
  }

  private mac(place: Buffer, { title, route, filter = {} }: List): Buffer {
    const filters = Object.entries(filter)
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return createHmac('sha256', this.key)
      .update(JSON.stringify([title, route, filters]))
      .update(place)
      .digest()
      .subarray(0, macBytes);
  }
}
