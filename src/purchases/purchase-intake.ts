import type { DataSource } from 'typeorm';
import type { CatalogReads } from '../catalog/catalog.reads.js';
import type { SaleVersion } from '../catalog/catalog.types.js';
import { VeltrixError } from '../errors.js';
import type { Declined } from '../exchanges/deals.types.js';
import type { AcceptedDeal, DealIntake } from '../exchanges/deal-intake.js';
import type { DealsService } from '../exchanges/deals.service.js';
import { idPrefixes } from '../forms.js';
import { newId } from '../ids.js';
import { Batcher, requestLimits } from '../postgres/batcher.js';
import type { AccountsService } from '../payments/accounts.service.js';
import type { Provider } from '../payments/accounts.types.js';
import { quote } from './purchases.rules.js';
import { isMoney, type Order, type PurchaseTerms } from './purchases.types.js';
import { productKey } from './sales.rules.js';

/** A request for a purchase. */
export interface PurchaseRequest extends Order {
  title: string;
  key: string;
  /** SHA-256 of the request's canonical body. */
  fingerprint: Buffer;
  reference: string | null;
}

/** How often an order is held to the product anew, where a version is published while it is accepted. */
const maxQuotes = 5;

/** Where requests for purchases come in: each is given the version of its product that is published now. */
export class PurchaseIntake {
  private readonly products = new Batcher(
    (asked: readonly { title: string; product: string }[]) => this.published(asked),
    { ...requestLimits, lanes: 1 },
  );
  private readonly accounts = new Batcher((asked: readonly { title: string; provider: Provider }[]) =>
    this.payments.existing(asked),
  );
  private readonly keys = new Batcher((asked: readonly PurchaseRequest[]) => this.service.kept(asked));

  constructor(
    private readonly database: DataSource,
    private readonly catalog: Pick<CatalogReads, 'published'>,
    private readonly service: DealsService<PurchaseTerms>,
    private readonly deals: DealIntake<PurchaseTerms>,
    private readonly payments: Pick<AccountsService, 'existing'>,
  ) {}

  /**
   * Accepts a purchase, as DealIntake does. An order that cannot be quoted is answered by its key first: what was
   * accepted once is never declined, whatever has become of the product.
   * @throws VeltrixError `overloaded`, and `unavailable` where its product is published anew again and again
   */
  async take(request: PurchaseRequest): Promise<AcceptedDeal<PurchaseTerms>> {
    for (let attempt = 1; attempt <= maxQuotes; attempt++) {
      const account = this.accountMissing(request);
      // Where the order is declined before, nobody asks what has become of the account.
      account.catch(() => undefined);
      const product = await this.products.add({ title: request.title, product: request.product });
      const quoted = quote(request, product, () => newId(idPrefixes.instance));
      if ('declined' in quoted) return this.declined(request, quoted.declined);
      const missing = await account;
      if (missing !== undefined) return this.declined(request, missing);
      const taken = await this.deals.take({ ...request, ...quoted });
      if (taken.outcome.outcome !== 'outdated') return taken;
    }
    throw new VeltrixError('unavailable', `The product ${request.product} is being published. Send it again.`);
  }

  private async declined(request: PurchaseRequest, cause: Declined): Promise<AcceptedDeal<PurchaseTerms>> {
    const outcome = (await this.keys.add(request)) ?? { outcome: 'declined', cause };
    return { outcome, dispatch: () => Promise.resolve(undefined) };
  }

  private async accountMissing({ title, pay }: PurchaseRequest): Promise<Declined | undefined> {
    if (!isMoney(pay) || (await this.accounts.add({ title, provider: pay.provider }))) return undefined;
    const detail = `The title has no account at ${pay.provider}.`;
    const errors = [{ pointer: '/pay/provider', code: 'payment-account-missing', detail }];
    return { code: 'payment-account-missing', detail, errors };
  }

  private async published(asked: readonly { title: string; product: string }[]): Promise<(SaleVersion | undefined)[]> {
    const found = await this.catalog.published(
      this.database.manager,
      asked.map(({ title, product }) => ({ title, code: product })),
    );
    const products = new Map(found.map((one) => [productKey({ title: one.title, product: one.code }), one]));
    return asked.map((one) => products.get(productKey(one)));
  }
}
