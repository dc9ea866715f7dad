import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ADMISSION } from '../http/expectation.js';
import { KeyRing } from './key-ring.js';
import { KeyUses } from './key-uses.js';
import { KeyGuard } from './key.guard.js';
import { KeysController } from './keys.controller.js';
import { TitlesController } from './titles.controller.js';
import { TitlesReads } from './titles.reads.js';
import { TitlesService } from './titles.service.js';
import { WrongKeys } from './wrong-keys.js';

/** Titles and their keys, and the guard that every request of the process passes. */
@Module({
  controllers: [TitlesController, KeysController],
  providers: [
    TitlesService,
    TitlesReads,
    KeyRing,
    KeyUses,
    WrongKeys,
    KeyGuard,
    { provide: APP_GUARD, useExisting: KeyGuard },
    { provide: ADMISSION, useExisting: KeyGuard },
  ],
})
export class TitlesModule {}
