import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Registry } from 'prom-client';
import { z } from 'zod';
import { Readiness } from '../process/health.js';
import { ForeignMetrics } from '../process/metrics.js';
import { Problems } from './problem.js';
import { Public } from './scopes.js';

const live = z.strictObject({ status: z.literal('live') }).meta({ id: 'Live' });

const ready = z
  .strictObject({
    status: z.literal('ready'),
    degraded: z.array(z.string()).meta({
      description: 'What does not work now, while requests are accepted all the same',
      examples: [['temporal']],
    }),
    reasons: z.record(z.string(), z.string()).meta({
      description: 'For each of them why, in one sentence',
      examples: [{ temporal: 'Temporal does not answer at TEMPORAL_ADDRESS.' }],
    }),
  })
  .meta({ id: 'Ready' });

/** What an operator's machinery asks of the process. */
@ApiTags('service')
@Public()
@Controller()
export class ServiceController {
  constructor(
    private readonly readiness: Readiness,
    @Inject(Registry) private readonly registry: Registry,
    private readonly foreign: ForeignMetrics,
  ) {}

  @Get('health/live')
  @ApiOperation({ summary: 'Whether the process runs' })
  @ApiOkResponse({ standardSchema: live })
  live(): z.infer<typeof live> {
    return { status: 'live' };
  }

  @Get('health/ready')
  @ApiOperation({ summary: 'Whether the process can accept requests' })
  @ApiOkResponse({ standardSchema: ready })
  @Problems('unavailable')
  async ready(): Promise<z.infer<typeof ready>> {
    const reasons = await this.readiness.degraded();
    return { status: 'ready', degraded: Object.keys(reasons), reasons };
  }

  @Get('metrics')
  @Header('content-type', Registry.PROMETHEUS_CONTENT_TYPE)
  @ApiExcludeEndpoint()
  async metrics(): Promise<string> {
    return `${await this.registry.metrics()}\n${await this.foreign.text()}`;
  }
}
