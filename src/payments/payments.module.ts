import { Module } from '@nestjs/common';
import { AccountsController } from './accounts.controller.js';
import { AccountsService } from './accounts.service.js';

/** The routes of payment accounts, for the API. */
@Module({ controllers: [AccountsController], providers: [AccountsService] })
export class PaymentsApiModule {}
