import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import type { OperatorActName } from '../../contracts/sagas.js';
import { CONFIG, type Config } from '../process/config.js';
import { accepted, completed } from '../http/answers.js';
import { TitleId } from '../http/caller.js';
import { Pages, type Page } from '../http/page.js';
import { Problems } from '../http/problem.js';
import { RequireScope } from '../http/scopes.js';
import { dealId } from '../http/shapes.js';
import { workflowUrl } from '../temporal/ui.js';
import { SagaOperator } from './saga-operator.service.js';
import { SagaViews } from './saga-views.js';
import { actDone, operatorAct, saga, sagaPage, sagaStory, sagasQuery } from './sagas.shapes.js';
import type { Saga, SagaEvent } from './sagas.types.js';

const goesOn = {
  code: 'goes-on',
  detail: 'The run has let the act in and goes on with it. The timeline of the saga will have the answer.',
};

/** Sagas as operators see and steer them. */
@ApiTags('sagas')
@Controller('v1/sagas')
export class SagasController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly views: SagaViews,
    private readonly operator: SagaOperator,
    private readonly pages: Pages,
  ) {}

  @Get()
  @RequireScope('sagas:read')
  @ApiOperation({
    summary: 'List the sagas',
    description:
      'Those of the newest deals first; what becomes of a saga never changes its place. ' +
      'Every open deal has a saga; ' +
      'one whose deal is closed is here if it was ever stuck, turned back or operated on. ' +
      'A page may have fewer than `limit`, or none, and a `next` all the same. ' +
      'It is read from PostgreSQL alone, and a little behind the runs.',
  })
  @ApiOkResponse({ standardSchema: sagaPage })
  @Problems('cursor-invalid')
  async list(
    @TitleId() title: string,
    @Query({ schema: sagasQuery }) query: z.infer<typeof sagasQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<z.infer<typeof saga>>> {
    const { limit, cursor, ...filter } = query;
    const list = { title, route: 'sagas', filter };
    const rows = await this.views.list(title, filter, limit, this.pages.place(cursor, list));
    const { data, next } = this.pages.page(rows, limit, list, reply);
    return { data: data.flatMap((one) => (one === null ? [] : [this.bodyOf(one)])), next };
  }

  @Get(':id')
  @RequireScope('sagas:read')
  @ApiOperation({
    summary: 'Read a saga and what happened to it',
    description:
      'Its id is the id of its deal, open or closed. ' +
      'The steps are read in Temporal; where that cannot be asked, `steps` says so and the rest is answered.',
  })
  @ApiOkResponse({ standardSchema: sagaStory })
  @Problems('not-found')
  async get(@TitleId() title: string, @Param('id', { schema: dealId }) id: string): Promise<z.infer<typeof sagaStory>> {
    const { steps, timeline, ...one } = await this.views.story(title, id);
    return { ...this.bodyOf(one), steps, timeline: timeline.map(eventAnswer) };
  }

  @Post(':id/retry')
  @HttpCode(200)
  @RequireScope('sagas:operate')
  @ApiOperation({
    summary: 'Try the step of a stuck saga again, now',
    description: 'For a run that settles this deal alone. It needs no idempotency key.',
  })
  @ApiOkResponse({ standardSchema: actDone })
  @ApiAcceptedResponse({ standardSchema: actDone, description: 'The step takes its time, and the run goes on with it' })
  @Problems('not-found', 'saga-not-stuck', 'saga-busy', 'saga-not-alone', 'step-failed-again')
  retry(
    @TitleId() title: string,
    @Param('id', { schema: dealId }) id: string,
    @Body({ schema: operatorAct }) body: z.infer<typeof operatorAct>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof actDone>> {
    return this.act({ title, id, name: 'retry' }, body, reply);
  }

  @Post(':id/compensate')
  @HttpCode(200)
  @RequireScope('sagas:operate')
  @ApiOperation({
    summary: 'Turn an open deal back',
    description:
      'Answered as soon as it is known what the deal will say: `compensated`, or `refused` where it had been. ' +
      'It needs no idempotency key: done again, it answers the same.',
  })
  @ApiOkResponse({ standardSchema: actDone })
  @ApiAcceptedResponse({ standardSchema: actDone, description: 'It takes its time, and the run goes on with it' })
  @Problems('not-found', 'too-late')
  compensate(
    @TitleId() title: string,
    @Param('id', { schema: dealId }) id: string,
    @Body({ schema: operatorAct }) body: z.infer<typeof operatorAct>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof actDone>> {
    return this.act({ title, id, name: 'compensate' }, body, reply);
  }

  @Post(':id/resolve')
  @HttpCode(200)
  @RequireScope('sagas:operate')
  @ApiOperation({
    summary: 'End a saga by hand, as its pivot says',
    description:
      'For a saga whose pivot has decided and whose rest cannot be done: ' +
      'the deal is closed as the pivot says, and what is set aside goes where it belongs. ' +
      'It needs no idempotency key: done again, it answers the same.',
  })
  @ApiOkResponse({ standardSchema: actDone })
  @ApiAcceptedResponse({ standardSchema: actDone, description: 'It takes its time, and the run goes on with it' })
  @Problems('not-found', 'saga-not-resolvable', 'saga-busy', 'step-failed-again')
  resolve(
    @TitleId() title: string,
    @Param('id', { schema: dealId }) id: string,
    @Body({ schema: operatorAct }) body: z.infer<typeof operatorAct>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof actDone>> {
    return this.act({ title, id, name: 'resolve' }, body, reply);
  }

  @Post(':id/park')
  @HttpCode(200)
  @RequireScope('sagas:operate')
  @ApiOperation({
    summary: 'Have a saga wait for an operator',
    description:
      'For a run that settles this deal alone. A step that is under way may still answer; ' +
      'no further forward step is made until the saga is resumed. `compensate` and `resolve` end the wait. ' +
      "It needs no idempotency key: done again, it answers the same, and the saga is the last operator's.",
  })
  @ApiOkResponse({ standardSchema: actDone })
  @ApiAcceptedResponse({ standardSchema: actDone, description: 'It takes its time, and the run goes on with it' })
  @Problems('not-found', 'saga-not-alone', 'too-late')
  park(
    @TitleId() title: string,
    @Param('id', { schema: dealId }) id: string,
    @Body({ schema: operatorAct }) body: z.infer<typeof operatorAct>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof actDone>> {
    return this.act({ title, id, name: 'park' }, body, reply);
  }

  @Post(':id/resume')
  @HttpCode(200)
  @RequireScope('sagas:operate')
  @ApiOperation({
    summary: 'Have a parked saga go on',
    description: 'For a saga that an operator has parked. It goes on where it was. It needs no idempotency key.',
  })
  @ApiOkResponse({ standardSchema: actDone })
  @ApiAcceptedResponse({ standardSchema: actDone, description: 'It takes its time, and the run goes on with it' })
  @Problems('not-found', 'saga-not-parked')
  resume(
    @TitleId() title: string,
    @Param('id', { schema: dealId }) id: string,
    @Body({ schema: operatorAct }) body: z.infer<typeof operatorAct>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof actDone>> {
    return this.act({ title, id, name: 'resume' }, body, reply);
  }

  private async act(
    { title, id, name }: { title: string; id: string; name: OperatorActName },
    body: z.infer<typeof operatorAct>,
    reply: FastifyReply,
  ): Promise<z.infer<typeof actDone>> {
    const answer = await this.operator.act(title, id, name, body);
    // What has become of the saga is told by its run in a moment, and is found there.
    if (answer === undefined) accepted(reply, `/v1/sagas/${id}`);
    else completed(reply, `/v1/sagas/${id}`);
    return { act: name, answer: answer ?? goesOn };
  }

  private bodyOf({ id, kind, state, stuckAt, players, dealState, workflowId, acceptedAt }: Saga): z.infer<typeof saga> {
    return {
      id,
      kind,
      state,
      ...(stuckAt !== null &&
        said({
          step: stuckAt.step,
          description: stuckAt.description,
          why: stuckAt.why,
          since: stuckAt.since?.toISOString() ?? null,
          owner: stuckAt.owner,
        })),
      players,
      deal: { id, state: dealState, url: this.views.urlOf(kind, id) },
      workflow: { id: workflowId, url: workflowUrl(this.config, workflowId) },
      acceptedAt: acceptedAt.toISOString(),
    };
  }
}

function eventAnswer(one: SagaEvent): z.infer<typeof sagaStory>['timeline'][number] {
  const at = one.at.toISOString();
  switch (one.event) {
    case 'accepted':
    case 'movement':
    case 'operator':
    case 'answer':
      return { ...one, at };
    case 'step': {
      const { cause, nextAttemptAt, ...step } = one;
      return {
        ...step,
        at,
        ...(cause && { reason: cause }),
        ...(nextAttemptAt !== undefined && { nextAttemptAt: new Date(nextAttemptAt).toISOString() }),
      };
    }
    case 'payment': {
      const { evidence, changedAt, ...operation } = one;
      return { ...operation, at, changedAt: changedAt.toISOString(), ...(evidence !== null && { evidence }) };
    }
    case 'transfer':
      return {
        ...one,
        at,
        legs: one.legs.map(({ from, to, asset, amount }) => ({ from, to, asset, amount: String(amount) })),
      };
    case 'closed':
      return { at, event: 'closed', state: one.state, ...(one.reason !== null && { reason: one.reason }) };
    default: {
      const { event, workflowId, step, why, owner } = one;
      return { at, event, workflowId, ...said({ step, why, owner }) };
    }
  }
}

/** What there is to say, without what there is not. */
function said<T extends Record<string, string | null>>(members: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null)) as {
    [K in keyof T]?: string;
  };
}
