import { Module } from '@nestjs/common';
import { Convoys } from './convoys.js';
import { SearchAttributes } from '../temporal/search-attributes.js';
import { ExchangeStarter } from './exchange-starter.service.js';

/** The start of sagas. It needs the TemporalModule of the process, and its ALL_DEALS. */
@Module({
  providers: [SearchAttributes, ExchangeStarter, Convoys],
  exports: [SearchAttributes, ExchangeStarter, Convoys],
})
export class ExchangesModule {}
