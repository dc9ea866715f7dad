import { Controller, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Problems } from '../http/problem.js';
import { RawBody, TakesRawBody } from '../http/raw-body.js';
import { Signed } from '../http/scopes.js';
import { titleId } from '../http/shapes.js';
import { provider } from './accounts.shapes.js';
import { WebhooksService } from './webhooks.service.js';

/** Events of Stripe have some kilobytes. */
const eventLimit = 256 * 1024;

const eventSchema = {
  type: 'object',
  additionalProperties: true,
  example: { id: 'evt_1', object: 'event', type: 'payment_intent.succeeded', livemode: false },
};
const received = z.strictObject({ received: z.literal(true) }).meta({ id: 'ReceivedEvent' });

/** Where payment providers send their events. */
@ApiTags('payment accounts')
@Controller('v1/webhooks')
export class WebhooksController {
  constructor(private readonly webhooks: WebhooksService) {}

  @Post(':provider/:title')
  @Signed()
  @TakesRawBody(eventLimit)
  @HttpCode(200)
  @ApiOperation({
    summary: 'Take an event of a payment provider',
    description:
      'For the provider itself, with its signature and no key. The address belongs into the webhook endpoint of the ' +
      'account, whose secret belongs into `webhookSecrets`. An event is stored once, however often it comes.',
  })
  @ApiBody({ description: 'The event as the provider has it', schema: eventSchema })
  @ApiOkResponse({ standardSchema: received })
  @Problems('webhook-signature-invalid', 'overloaded')
  async receive(
    @Param('provider', { schema: provider }) name: z.infer<typeof provider>,
    @Param('title', { schema: titleId }) title: z.infer<typeof titleId>,
    @RawBody() body: Buffer,
    @Req() { headers }: FastifyRequest,
  ): Promise<z.infer<typeof received>> {
    await this.webhooks.receive({ account: { title, provider: name }, body, headers });
    return { received: true };
  }
}
