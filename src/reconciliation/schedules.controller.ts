import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { reconciliationSchedules } from '../../contracts/reconciliation.js';
import { Problems } from '../http/problem.js';
import { AdminOnly, RequireScopeOrAdmin } from '../http/scopes.js';
import { schedule, scheduleAct, scheduleName, schedulesAnswer } from './reconciliation.shapes.js';
import { ReconciliationSchedules, type ShownSchedule } from './schedules.service.js';

type Name = z.infer<typeof scheduleName>;
type Act = z.infer<typeof scheduleAct>;

/** When reconciliation runs by itself. Schedules are of all titles, so only the admin key steers them. */
@ApiTags('reconciliation')
@Controller('v1/reconciliation-schedules')
export class SchedulesController {
  constructor(private readonly schedules: ReconciliationSchedules) {}

  @Get()
  @RequireScopeOrAdmin('reconciliation:read')
  @ApiOperation({ summary: 'List the schedules of reconciliation' })
  @ApiOkResponse({ standardSchema: schedulesAnswer })
  async list(): Promise<z.infer<typeof schedulesAnswer>> {
    return { data: (await this.schedules.all()).map(bodyOf) };
  }

  @Post(':name/pause')
  @HttpCode(200)
  @AdminOnly()
  @ApiOperation({ summary: 'Have a schedule start nothing until it is resumed' })
  @ApiOkResponse({ standardSchema: schedule })
  @Problems('not-found')
  pause(
    @Param('name', { schema: scheduleName }) name: Name,
    @Body({ schema: scheduleAct }) act: Act,
  ): Promise<z.infer<typeof schedule>> {
    return this.act(name, 'pause', act);
  }

  @Post(':name/resume')
  @HttpCode(200)
  @AdminOnly()
  @ApiOperation({ summary: 'Have a paused schedule go on' })
  @ApiOkResponse({ standardSchema: schedule })
  @Problems('not-found')
  resume(
    @Param('name', { schema: scheduleName }) name: Name,
    @Body({ schema: scheduleAct }) act: Act,
  ): Promise<z.infer<typeof schedule>> {
    return this.act(name, 'resume', act);
  }

  @Post(':name/run')
  @HttpCode(200)
  @AdminOnly()
  @ApiOperation({ summary: 'Have a schedule start a run now, unless one of it is under way' })
  @ApiOkResponse({ standardSchema: schedule })
  @Problems('not-found')
  run(
    @Param('name', { schema: scheduleName }) name: Name,
    @Body({ schema: scheduleAct }) act: Act,
  ): Promise<z.infer<typeof schedule>> {
    return this.act(name, 'run', act);
  }

  private async act(
    name: Name,
    act: 'pause' | 'resume' | 'run',
    { operator, reason }: Act,
  ): Promise<z.infer<typeof schedule>> {
    return bodyOf(await this.schedules.act(name, act, `${operator}: ${reason}`));
  }
}

function bodyOf({ name, description: { spec, state, info } }: ShownSchedule): z.infer<typeof schedule> {
  const [next] = info.nextActionTimes;
  const last = info.recentActions.at(-1);
  return {
    name,
    kind: reconciliationSchedules[name],
    everySeconds: (spec.intervals?.[0]?.every ?? 0) / 1_000,
    paused: state.paused,
    ...(state.note !== undefined && state.note !== '' && { note: state.note }),
    ...(next !== undefined && { nextAt: next.toISOString() }),
    ...(last !== undefined && { lastAt: last.takenAt.toISOString() }),
    running: info.runningActions.length > 0,
  };
}
