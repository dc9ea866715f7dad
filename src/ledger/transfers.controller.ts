import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import type { Debit } from '../../contracts/nouns.js';
import { VeltrixError, keyReusedDetail } from '../errors.js';
import { created, replayed } from '../http/answers.js';
import { Caller, TitleId, type TitleCaller } from '../http/caller.js';
import { IdempotencyKey, SentBody, fingerprint } from '../http/idempotency.js';
import { Pages, type Page } from '../http/page.js';
import { Problems } from '../http/problem.js';
import { RequireScope } from '../http/scopes.js';
import { listQuery, playerId, text, transferId } from '../http/shapes.js';
import { LedgerReads, type BookedTransfer } from './ledger.reads.js';
import { newTransfer, postedTransfer, reversalOrder, transfer, transferPage } from './ledger.shapes.js';
import type { Posted, TransferElement, TransferResult } from './ledger.types.js';
import { TransferIntake } from './transfer-intake.js';

const transfersQuery = listQuery.extend({ reference: text(200).optional(), player: playerId.optional() });

/** Transfers: booked at once, in one transaction, whole or not at all. */
@ApiTags('transfers')
@Controller('v1/transfers')
export class TransfersController {
  constructor(
    private readonly intake: TransferIntake,
    private readonly reads: LedgerReads,
    private readonly pages: Pages,
  ) {}

  @Post()
  @HttpCode(201)
  @RequireScope('transfers:write')
  @ApiOperation({
    summary: 'Book a transfer of one or several legs',
    description:
      'All legs are booked or none. A refusal is kept by the key for ever: another try needs another key. ' +
      'A `debit` of `debt`, `freeze` or `available` is forced, and needs the scope `transfers:force` too.',
  })
  @ApiCreatedResponse({ standardSchema: postedTransfer })
  @Problems(
    'idempotency-key-missing',
    'idempotency-key-invalid',
    'idempotency-key-reused',
    'unknown-asset',
    'insufficient-funds',
    'balance-limit-exceeded',
    'balance-overflow',
    'account-frozen',
    'account-closed',
    'overloaded',
  )
  async create(
    @Caller() { title, scopes }: TitleCaller,
    @IdempotencyKey() key: string,
    @Body({ schema: newTransfer }) body: z.infer<typeof newTransfer>,
    @SentBody() sent: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof postedTransfer>> {
    const { reason, reference } = body;
    const debit = forcedBy(body.debit);
    if (debit !== undefined) assertMayForce(scopes);
    const legs = body.legs.map((leg) => ({ ...leg, amount: BigInt(leg.amount) }));
    const element = {
      title,
      key: `transfers/${key}`,
      kind: 'transfer' as const,
      legs,
      reason,
      fingerprint: fingerprint(sent),
      ...(reference !== undefined && { reference }),
      ...(debit !== undefined && { debit }),
    };
    return this.book(element, reply);
  }

  @Get()
  @RequireScope('transfers:read')
  @ApiOperation({ summary: 'List the transfers' })
  @ApiOkResponse({ standardSchema: transferPage })
  @Problems('cursor-invalid')
  async list(
    @TitleId() title: string,
    @Query({ schema: transfersQuery }) query: z.infer<typeof transfersQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<z.infer<typeof transfer>>> {
    const { limit, cursor, ...filter } = query;
    const list = { title, route: 'transfers', filter };
    const rows = await this.reads.transfers(title, filter, limit, this.pages.place(cursor, list));
    return this.pages.page(
      rows.map((row) => ({ ...row, body: bodyOf(row.body) })),
      limit,
      list,
      reply,
    );
  }

  @Get(':id')
  @RequireScope('transfers:read')
  @ApiOperation({ summary: 'Read a transfer' })
  @ApiOkResponse({ standardSchema: transfer })
  @Problems('not-found')
  async get(
    @TitleId() title: string,
    @Param('id', { schema: transferId }) id: string,
  ): Promise<z.infer<typeof transfer>> {
    return bodyOf(await this.reads.transfer(title, id));
  }

  @Post(':id/reversal')
  @HttpCode(201)
  @RequireScope('transfers:write')
  @ApiOperation({
    summary: 'Reverse a transfer',
    description:
      'A new transfer with both ends of the legs exchanged: of all that is left of the transfer, or of a part. ' +
      'A transfer can be reversed in several parts, never above what it has moved; a reversal never. ' +
      'What was forced needs the scope `transfers:force` for its reversal too.',
  })
  @ApiCreatedResponse({ standardSchema: postedTransfer })
  @Problems(
    'idempotency-key-missing',
    'idempotency-key-invalid',
    'idempotency-key-reused',
    'not-found',
    'not-reversible',
    'already-reversed',
    'reversal-too-large',
    'insufficient-funds',
    'balance-overflow',
    'account-frozen',
    'account-closed',
    'overloaded',
  )
  async reverse(
    @Caller() { title, scopes }: TitleCaller,
    @Param('id', { schema: transferId }) id: string,
    @IdempotencyKey() key: string,
    @Body({ schema: reversalOrder }) body: z.infer<typeof reversalOrder>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof postedTransfer>> {
    const original = await this.reads.transfer(title, id);
    if (original.kind !== 'transfer')
      throw new VeltrixError(
        'not-reversible',
        `${id} is a transfer of kind ${original.kind}; only one that was asked for by this API can be reversed.`,
      );
    if (original.forced !== null) assertMayForce(scopes);
    // The path names what is reversed, so the same key with another path is another request.
    return this.book(
      {
        title,
        key: `reversals/${key}`,
        kind: 'reversal',
        ...reversedLegs(original, body),
        reason: body.reason,
        reverses: id,
        fingerprint: fingerprint({ transfer: id, body }),
      },
      reply,
    );
  }

  private async book(element: TransferElement, reply: FastifyReply): Promise<z.infer<typeof postedTransfer>> {
    const posted = postedOf(await this.intake.book(element), reply);
    created(reply, `/v1/transfers/${posted.transferId}`);
    const { kind, reason, reference = null, reverses = null, debit } = element;
    return {
      ...bodyOf({
        id: posted.transferId,
        sequence: posted.sequence,
        kind,
        reason,
        reference,
        reverses,
        forced: debit?.policy ?? null,
        legs: posted.legs.map((leg) => ({ ...leg, reversed: 0n })),
        createdAt: posted.createdAt,
      }),
      balances: posted.balances.map((balance) => ({
        ...balance,
        posted: balance.posted.toString(),
        available: balance.available.toString(),
      })),
    };
  }
}

/** @throws VeltrixError `forbidden` for a key that lacks the scope `transfers:force` */
function assertMayForce(scopes: TitleCaller['scopes']): void {
  if (!scopes.has('transfers:force')) throw new VeltrixError('forbidden', 'The key lacks the scope transfers:force.');
}

/** How the debit is forced; `refuse` is what a transfer does by itself. */
function forcedBy(asked: z.infer<typeof newTransfer>['debit']): Debit | undefined {
  if (asked === undefined || asked.policy === 'refuse') return undefined;
  return 'writeOff' in asked ? asked : { policy: asked.policy };
}

/**
 * The legs of a reversal, and of which legs of the original they are where a part is asked for.
 * @throws VeltrixError `validation-failed` if the original does not have what is named
 */
function reversedLegs(
  { legs }: BookedTransfer,
  { amount: whole, legs: asked }: z.infer<typeof reversalOrder>,
): Pick<TransferElement, 'legs' | 'parts'> {
  const back = legs.map(({ from, to, asset, amount }) => ({ from: to, to: from, asset, amount }));
  if (whole !== undefined && legs.length > 1) throw notOfIt('/amount', 'The transfer has several legs: say of which.');
  const named = whole === undefined ? asked : [{ leg: 0, amount: whole }];
  if (named === undefined) return { legs: back };
  const found = named.map(({ leg: place, amount: part }, index) => {
    const leg = back[place];
    if (leg === undefined) throw notOfIt(`/legs/${index}/leg`, `The transfer has ${legs.length} legs.`);
    return { leg: { ...leg, amount: BigInt(part) }, part: { leg: place, of: leg.amount } };
  });
  return { legs: found.map(({ leg }) => leg), parts: found.map(({ part }) => part) };
}

function notOfIt(pointer: string, detail: string): VeltrixError {
  return new VeltrixError('validation-failed', detail, [{ pointer, code: 'custom', detail }]);
}

/** @throws VeltrixError with the code of a refusal, which a replay gets again */
function postedOf(result: TransferResult, reply: FastifyReply): Posted {
  if (result.outcome === 'key-reused') throw new VeltrixError('idempotency-key-reused', keyReusedDetail);
  if (result.outcome === 'cancelled') throw new Error('A request by key cannot have been cancelled.');
  if (result.replayed) replayed(reply);
  if (result.outcome === 'refused') throw new VeltrixError(result.cause.code, result.cause.detail);
  return result;
}

function bodyOf({
  id,
  sequence,
  kind,
  legs,
  reason,
  reference,
  reverses,
  forced,
  createdAt,
}: BookedTransfer): z.infer<typeof transfer> {
  return {
    id,
    sequence: Number(sequence),
    kind,
    legs: legs.map(({ amount, reversed, ...leg }) => ({
      ...leg,
      amount: amount.toString(),
      ...(reversed > 0n && { reversed: reversed.toString() }),
    })),
    reason,
    ...(reference !== null && { reference }),
    ...(reverses !== null && { reverses }),
    ...(forced !== null && { forced }),
    createdAt: createdAt.toISOString(),
  };
}
