import type { Command } from 'commander'
import { listPorts } from '../../firmware-bridge/ports.ts'
import { plainTable } from '../report/table.ts'
import { printable } from '../report/words.ts'
import { printResult } from '../terminal.ts'
import { addVerb, type CommonOptions } from '../verb.ts'

export function addBoards(program: Command): void {
  addVerb(program, 'boards', 'lists the serial ports of this machine and the emulated boards', 'bpd boards').action(run)
}

async function run(options: CommonOptions): Promise<void> {
  const ports = await listPorts()
  printResult(options.json, { ports }, () =>
    plainTable(
      ['port', 'kind', 'VID:PID', 'serial number', 'manufacturer', 'needs'],
      ports.map(({ name, kind, vendorId, productId, serialNumber, manufacturer, missing }) =>
        [
          name,
          kind,
          vendorId === undefined ? '' : `${vendorId}:${productId ?? '?'}`,
          serialNumber ?? '',
          manufacturer ?? '',
          missing ?? '',
        ].map(printable),
      ),
    ),
  )
}
