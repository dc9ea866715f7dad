import { Module } from '@nestjs/common';
import { CONFIG, type Config } from '../process/config.js';
import { AccountsController } from './accounts.controller.js';
import { AccountsService } from './accounts.service.js';
import { DisputesController } from './disputes.controller.js';
import { DisputesReads } from './disputes.reads.js';
import { EventActs } from './event-acts.service.js';
import { FeesService } from './fees.service.js';
import { OrphansService } from './orphans.service.js';
import { OutsideLooks } from './outside-looks.js';
import { OutsideWalks } from './outside-walks.js';
import { PaymentsOutside } from './outside.service.js';
import { PaymentsReads } from './payments.reads.js';
import { PaymentsService } from './payments.service.js';
import { PAYMENT_PROVIDERS } from './payments.tokens.js';
import { RefundLooks } from './refund-looks.service.js';
import { RefundsService } from './refunds.service.js';
import { ProviderAccounts } from './provider-accounts.js';
import { ProviderCalls } from './provider-calls.js';
import { ProviderMetrics } from './provider-metrics.js';
import type { PaymentProvider } from './provider.types.js';
import { StripeProvider } from './stripe/stripe.provider.js';
import { WebhookSecrets } from './webhook-secrets.js';
import { WebhooksController } from './webhooks.controller.js';
import { WebhooksService } from './webhooks.service.js';

/** The commands of payments, for the worker and for the purchases. */
@Module({
  providers: [
    AccountsService,
    FeesService,
    OrphansService,
    OutsideLooks,
    OutsideWalks,
    PaymentsOutside,
    PaymentsService,
    PaymentsReads,
    ProviderAccounts,
    ProviderCalls,
    ProviderMetrics,
    RefundLooks,
    RefundsService,
    {
      provide: PAYMENT_PROVIDERS,
      inject: [CONFIG],
      useFactory: ({ STRIPE_API_URL }: Config): ReadonlyMap<string, PaymentProvider> =>
        new Map([['stripe', new StripeProvider(STRIPE_API_URL)]]),
    },
  ],
  exports: [
    AccountsService,
    FeesService,
    OrphansService,
    PaymentsOutside,
    PaymentsService,
    PaymentsReads,
    RefundLooks,
    RefundsService,
    PAYMENT_PROVIDERS,
  ],
})
export class PaymentsModule {}

/**
 * The routes of payment accounts, of disputes and of the events of providers, for the API. They need a module that has
 * a listener to payments.
 */
@Module({
  imports: [PaymentsModule],
  controllers: [AccountsController, DisputesController, WebhooksController],
  providers: [DisputesReads, EventActs, WebhookSecrets, WebhooksService],
})
export class PaymentsApiModule {}
