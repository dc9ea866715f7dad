import { Global, Module } from '@nestjs/common';
import { Draining } from '../process/draining.js';
import { DegradationMetrics, Degradations, Readiness } from '../process/health.js';
import { MetricsModule } from '../process/metrics.js';
import { Pages } from './page.js';
import { ServiceController } from './service.controller.js';

/** What controllers need of the platform, and the routes that belong to no boundary. */
@Global()
@Module({
  imports: [MetricsModule],
  controllers: [ServiceController],
  providers: [Pages, Draining, Degradations, DegradationMetrics, Readiness],
  exports: [Pages, Draining, Degradations],
})
export class HttpModule {}
