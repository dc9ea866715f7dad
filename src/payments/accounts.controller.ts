import { Body, Controller, Get, Param, Put, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { TitleId } from '../http/caller.js';
import { ExpectedVersion, setEtag } from '../http/etag.js';
import { Problems } from '../http/problem.js';
import { RequireScope } from '../http/scopes.js';
import { AccountsService } from './accounts.service.js';
import { account, provider, sentAccount } from './accounts.shapes.js';
import type { PaymentAccount } from './accounts.types.js';
import { WebhookSecrets } from './webhook-secrets.js';

/** The accounts that a title has at payment providers. Nobody is shown a secret. */
@ApiTags('payment accounts')
@Controller('v1/payment-accounts')
export class AccountsController {
  constructor(
    private readonly accounts: AccountsService,
    private readonly secrets: WebhookSecrets,
  ) {}

  @Put(':provider')
  @RequireScope('payments:configure')
  @ApiOperation({
    summary: 'Say which account the title has at a payment provider',
    description: 'Its secrets are kept encrypted and never shown again, but for their last characters.',
  })
  @ApiOkResponse({ standardSchema: account })
  @Problems('if-match-invalid', 'condition-not-evaluated', 'precondition-failed', 'secrets-key-missing')
  async put(
    @TitleId() title: string,
    @Param('provider', { schema: provider }) name: z.infer<typeof provider>,
    @ExpectedVersion() version: bigint | undefined,
    @Body({ schema: sentAccount }) body: z.infer<typeof sentAccount>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof account>> {
    const { webhookSecrets = [], ...rest } = body;
    const expected = version === undefined ? {} : { expectedVersion: Number(version) };
    const terms = { ...rest, webhookSecrets };
    const put = await this.accounts.put({ title, provider: name, terms, ...expected });
    this.secrets.forget({ title, provider: name });
    return answer(put, reply);
  }

  @Get(':provider')
  @RequireScope('payments:read')
  @ApiOperation({ summary: 'Read the account of the title at a payment provider, without its secrets' })
  @ApiOkResponse({ standardSchema: account })
  @Problems('not-found')
  async get(
    @TitleId() title: string,
    @Param('provider', { schema: provider }) name: z.infer<typeof provider>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof account>> {
    return answer(await this.accounts.account(title, name), reply);
  }
}

function answer(row: PaymentAccount, reply: FastifyReply): z.infer<typeof account> {
  setEtag(reply, row.version);
  return {
    provider: row.provider,
    mode: row.mode,
    secretKey: `…${row.secretKeyEnd}`,
    webhookSecrets: row.webhookSecretEnds.map((end) => `…${end}`),
    settlementCurrency: row.settlementCurrency,
    spentGoods: row.spentGoods,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
