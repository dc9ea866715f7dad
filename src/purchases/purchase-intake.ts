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
import { KeptBriefly } from '../postgres/kept-briefly.js';
import type { AccountsService } from '../payments/accounts.service.js';
import type { Provider } from '../payments/accounts.types.js';
import { quote } from './purchases.rules.js';
import { isMoney, type Order, type PurchaseTerms } from './purchases.types.js';
import { productKey, productOfKey } from './sales.rules.js';

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
  private readonly reads = new Batcher((keys: readonly string[]) => this.published(keys), {
    ...requestLimits,
    lanes: 1,
  });
  private readonly accountReads = new Batcher((keys: readonly string[]) =>
    this.payments.existing(keys.map(accountOfKey)),
  );
  /** The published versions, by `productKey`. The transaction that accepts an order holds it to the version of now. */
  private readonly products = new KeptBriefly((key) => this.reads.add(key));
  /** Whether titles have accounts, by `accountKey`. */
  private readonly accounts = new KeptBriefly((key) => this.accountReads.add(key));
  private readonly keys = new Batcher((asked: readonly PurchaseRequest[]) => this.service.kept(asked));

  constructor(
    private readonly database: DataSource,
    private readonly catalog: Pick<CatalogReads, 'published'>,
    private readonly service: DealsService<PurchaseTerms>,
    private readonly deals: DealIntake<PurchaseTerms>,
    private readonly payments: Pick<AccountsService, 'existing'>,
  ) {}

  /**
   * Accepts a purchase, as DealIntake does. An order that cannot be quoted is quoted once more by what is read anew.
   * Then it is answered by its key first: what was accepted once is never declined, whatever has become of the product.
   * @throws VeltrixError `overloaded`, and `unavailable` where its product is published anew again and again
   */
  async take(request: PurchaseRequest): Promise<AcceptedDeal<PurchaseTerms>> {
    for (let attempt = 1; attempt <= maxQuotes; attempt++) {
      const quoted = await this.quoted(request);
      if (!('declined' in quoted)) {
        const taken = await this.deals.take({ ...request, ...quoted });
        if (taken.outcome.outcome !== 'outdated') return taken;
      } else if (attempt > 1) return this.declined(request, quoted.declined);
      this.products.forget(productKey(request));
      if (isMoney(request.pay)) this.accounts.forget(accountKey(request.title, request.pay.provider));
    }
    throw new VeltrixError('unavailable', `The product ${request.product} is being published. Send it again.`);
  }

  private async quoted(request: PurchaseRequest): Promise<ReturnType<typeof quote>> {
    const [product, missing] = await Promise.all([
      this.products.find(productKey(request)),
      this.accountMissing(request),
    ]);
    const quoted = quote(request, product, () => newId(idPrefixes.instance));
    return 'declined' in quoted || missing === undefined ? quoted : { declined: missing };
  }

  private async declined(request: PurchaseRequest, cause: Declined): Promise<AcceptedDeal<PurchaseTerms>> {
    const outcome = (await this.keys.add(request)) ?? { outcome: 'declined', cause };
    return { outcome, dispatch: () => Promise.resolve(undefined) };
  }

  private async accountMissing({ title, pay }: PurchaseRequest): Promise<Declined | undefined> {
    if (!isMoney(pay) || (await this.accounts.find(accountKey(title, pay.provider)))) return undefined;
    const detail = `The title has no account at ${pay.provider}.`;
    const errors = [{ pointer: '/pay/provider', code: 'payment-account-missing', detail }];
    return { code: 'payment-account-missing', detail, errors };
  }

  private async published(keys: readonly string[]): Promise<(SaleVersion | undefined)[]> {
    const found = await this.catalog.published(
      this.database.manager,
      keys.map(productOfKey).map(({ title, product }) => ({ title, code: product })),
    );
    const products = new Map(found.map((one) => [productKey({ title: one.title, product: one.code }), one]));
    return keys.map((key) => products.get(key));
  }
}

function accountKey(title: string, provider: Provider): string {
  return `${provider}/${title}`;
}

function accountOfKey(key: string): { title: string; provider: Provider } {
  const slash = key.indexOf('/');
  return { provider: key.slice(0, slash) as Provider, title: key.slice(slash + 1) };
}
