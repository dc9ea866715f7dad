import { Module } from '@nestjs/common';
import { ExchangeStarter } from './exchange-starter.js';

/** The start of sagas. It needs the TemporalModule of the process. */
@Module({
  providers: [ExchangeStarter],
  exports: [ExchangeStarter],
})
export class ExchangesModule {}
