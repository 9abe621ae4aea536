/** The parts of ECharts that the plots need. The package carries them bundled into this one file: 0.6 MB in place of 68. */
import { BarChart, LineChart, ScatterChart } from 'echarts/charts'
import { GridComponent, MarkLineComponent } from 'echarts/components'
import { type EChartsCoreOption, init, use } from 'echarts/core'
import { LabelLayout } from 'echarts/features'
import { SVGRenderer } from 'echarts/renderers'

use([LineChart, BarChart, ScatterChart, SVGRenderer, GridComponent, MarkLineComponent, LabelLayout])

export { type EChartsCoreOption, init }
