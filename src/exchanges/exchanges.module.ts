import { Module } from '@nestjs/common';
import { ConvoyDispatcher } from './convoy-dispatcher.js';
import { SearchAttributes } from '../temporal/search-attributes.js';
import { ExchangeStarter } from './exchange-starter.service.js';
import { Waker } from './waker.js';

/** The start of sagas. It needs the TemporalModule of the process, and its DEAL_BOOKS. */
@Module({
  providers: [SearchAttributes, ExchangeStarter, ConvoyDispatcher, Waker],
  exports: [SearchAttributes, ExchangeStarter, ConvoyDispatcher, Waker],
})
export class ExchangesModule {}
