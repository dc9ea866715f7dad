import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { messageOf } from '../errors.js';
import type { DealsService } from '../exchanges/deals.service.js';
import type { StoredDeals } from '../exchanges/stored-deals.js';
import { idPrefixes } from '../forms.js';
import { fingerprint } from '../http/idempotency.js';
import { newId, uuidOf } from '../ids.js';
import type { LedgerReads } from '../ledger/ledger.reads.js';
import type { AccountsService } from '../payments/accounts.service.js';
import type { PaymentsOutside } from '../payments/outside.service.js';
import type { MovedForGoods } from '../payments/outside.types.js';
import type { PurchaseTerms } from '../purchases/purchases.types.js';
import { givingBackOf, takingOf, type BookedLeg, type Following } from './outside-goods.rules.js';
import type { RefundsReads } from './refunds.reads.js';
import type { NewRefund, Refund, RefundTerms } from './refunds.types.js';
import { readTotals } from './totals.statements.js';

/** What other boundaries say of the money and of what was bought, and what the ledger has booked. */
interface Others {
  purchases: Pick<StoredDeals<PurchaseTerms>, 'read'>;
  accounts: Pick<AccountsService, 'account'>;
  outside: Pick<PaymentsOutside, 'goodsDue' | 'goodsFollowed'>;
  ledger: Pick<LedgerReads, 'transfersOfExchange'>;
}

/** How often a movement is decided anew, where other refunds of its purchase are accepted meanwhile. */
const maxTries = 20;

/** Has goods follow money that moves at a provider without our asking, by refunds that nobody has asked for. */
export class OutsideGoods {
  private readonly log = new Logger(OutsideGoods.name);

  constructor(
    private readonly database: DataSource,
    private readonly others: Others,
    private readonly service: Pick<DealsService<RefundTerms>, 'accept' | 'acceptDone'>,
    private readonly refunds: Pick<RefundsReads, 'foundOf'>,
  ) {}

  /**
   * Accepts the refunds that follow what is due. What has to wait for something else is due again in a minute.
   * @returns how many movements were due
   */
  async follow(limit: number): Promise<number> {
    const due = await this.others.outside.goodsDue(limit);
    const followed: string[] = [];
    for (const moved of due) if (await this.hasFollowed(moved)) followed.push(moved.movement);
    await this.others.outside.goodsFollowed(followed);
    return due.length;
  }

  /** What is wrong with one keeps no other. */
  private async hasFollowed(moved: MovedForGoods): Promise<boolean> {
    try {
      for (let tries = 1; tries <= maxTries; tries++) {
        const following = await this.decide(moved);
        if (following === 'later') {
          this.tellLate(moved);
          return false;
        }
        if (following === 'nothing' || (await this.accept(moved, following.accept))) return true;
      }
    } catch (error) {
      this.log.warn(`Goods do not follow ${moved.kind} ${moved.reference} of ${moved.payment}: ${messageOf(error)}`);
    }
    return false;
  }

  /** What waits is told where it has waited for long. */
  private tellLate({ isLate, kind, reference, payment, title }: MovedForGoods): void {
    if (isLate)
      this.log.warn(
        `Goods wait to follow ${kind} ${reference} of ${payment} of ${title}, which goes on or is refunded.`,
      );
  }

  private async decide(moved: MovedForGoods): Promise<Following> {
    const { title, payment } = moved;
    const purchase = await this.others.purchases.read(title, payment);
    const totals = await readTotals(this.database.manager, title, uuidOf(idPrefixes.purchase, payment) ?? '');
    // They are read after the totals, so what is not among them makes the totals out of date.
    const refunds = await this.refunds.foundOf(title, payment, moved.about);
    if (moved.counted <= 0n)
      return givingBackOf(moved, refunds, { totals, booked: await this.bookedOf(title, refunds) });
    const { spentGoods: policy } = await this.others.accounts.account(title, moved.provider);
    return takingOf(moved, purchase, { totals, refunds, policy });
  }

  private async bookedOf(title: string, refunds: readonly Refund[]): Promise<Map<string, BookedLeg[]>> {
    const entries = refunds.map(async ({ id }): Promise<[string, BookedLeg[]]> => {
      const transfers = await this.others.ledger.transfersOfExchange(title, id);
      return [id, transfers.flatMap(({ legs }) => legs)];
    });
    return new Map(await Promise.all(entries));
  }

  /** @returns false where the totals have changed, and it is to be decided anew */
  private async accept(moved: MovedForGoods, all: readonly RefundTerms[]): Promise<boolean> {
    for (const terms of all) {
      const refund = newRefund(moved, terms);
      const { amounts, items } = terms.takes;
      // What takes nothing counts all the same: others take their share beside it.
      const accept = amounts.length === 0 && items.length === 0 ? 'acceptDone' : 'accept';
      const [outcome] = await this.service[accept]([refund]);
      if (outcome?.outcome !== 'accepted' && outcome?.outcome !== 'replayed') return false;
    }
    return true;
  }
}

/** A refund that follows a movement once, by a key that no request can have: it is not ASCII. */
function newRefund({ title, provider, kind, reference }: MovedForGoods, terms: RefundTerms): NewRefund {
  const key = ['§', provider, kind, reference, terms.reverses?.refund].filter(Boolean).join('/');
  return { ...terms, title, key, fingerprint: fingerprint(key), id: newId(idPrefixes.refund), workflowId: null };
}
