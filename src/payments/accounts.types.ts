/** The payment providers that a title can have an account at. */
export const providers = ['stripe'] as const;
export type Provider = (typeof providers)[number];

/** Whether the provider moves real money by a key. */
export type AccountMode = 'test' | 'live';

/** What becomes of goods that were spent already when their money goes back. */
export const spentGoodsPolicies = ['debt', 'freeze', 'absorb'] as const;
export type SpentGoods = (typeof spentGoodsPolicies)[number];

/** The secrets of an account. They are in memory while they are used, and sealed wherever they are kept. */
export interface AccountSecrets {
  secretKey: string;
  /** Those that the provider signs its events by, at most two. */
  webhookSecrets: readonly string[];
}

/** What a title says of its account. */
export interface AccountTerms extends AccountSecrets {
  settlementCurrency: string;
  spentGoods: SpentGoods;
}

/** An account as it may be shown. */
export interface PaymentAccount {
  title: string;
  provider: Provider;
  mode: AccountMode;
  /** The last characters of the secrets, by which a person knows them again. */
  secretKeyEnd: string;
  webhookSecretEnds: readonly string[];
  settlementCurrency: string;
  spentGoods: SpentGoods;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}
