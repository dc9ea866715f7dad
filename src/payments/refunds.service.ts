import { Injectable } from '@nestjs/common';

/** The commands on refunds. */
@Injectable()
export class RefundsService {
  refund(): Promise<never> {
    return Promise.reject(new Error('There are no refunds yet.'));
  }
}
