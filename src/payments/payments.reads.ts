import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { PAYMENTS_DATABASE } from '../postgres/data-sources.js';
import type { PaymentView } from './payments.types.js';

/** The payments of purchases, as they are shown. */
@Injectable()
export class PaymentsReads {
  constructor(@Inject(PAYMENTS_DATABASE) private readonly dataSource: DataSource) {}

  /** Those of a title that have these ids, by their ids. One that was not begun yet is not among them. */
  views(title: string, ids: readonly string[]): Promise<Map<string, PaymentView>> {
    throw new Error(`${title} ${ids.length} ${this.dataSource.isInitialized}`);
  }
}
