import { VizLegendOptionsBuilder } from '@grafana/grafana-foundation-sdk/common';
import { DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as LogsPanel } from '@grafana/grafana-foundation-sdk/logs';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/loki';
import { PanelBuilder as TablePanel } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimePanel } from '@grafana/grafana-foundation-sdk/timeseries';

const LOKI = { type: 'loki', uid: 'loki' };
const ACCEPTS = '{service_name="otel-tcpaccept"} | event_name="tcpaccept.connection.accepted"';
const LOSSES = '{service_name="otel-tcpaccept"} | event_name="tcpaccept.records.lost"';
const SUMMARIES = '{service_name="otel-tcpaccept"} | event_name="tcpaccept.connections.summarized"';
const WAIT = 'unwrap tcpaccept_accept_queue_duration | __error__=""';
const LENGTH = 'unwrap tcpaccept_accept_queue_length | __error__=""';
const LIMIT = 'unwrap tcpaccept_accept_queue_limit | __error__=""';

/** The dashboard; its JSON is in dashboards/, which `npm run dashboard` writes and Grafana is given. */
export function dashboardJson(): string {
  const dashboard = new DashboardBuilder('TCP accepts')
    .uid('otel-tcpaccept')
    .description('What otel-tcpaccept stored in Loki. Generated: change otel-config/grafana/dashboard.ts.')
    .tags(['otel-tcpaccept'])
    .timezone('browser')
    .time({ from: 'now-1h', to: 'now' })
    .refresh('30s')
    .withRow(new RowBuilder('Listeners'))
    .withPanel(
      overTime('Accepts a second by listener', 'cps').withTarget(
        query(
          `sum by (network_local_port, process_executable_name) (rate(${ACCEPTS} [$__auto]))`,
          '{{process_executable_name}} :{{network_local_port}}',
        ),
      ),
    )
    .withPanel(
      [0.5, 0.95, 0.99].reduce(
        (panel, quantile, i) =>
          panel.withTarget(
            query(
              `quantile_over_time(${quantile}, ${ACCEPTS} | ${WAIT} [$__auto]) by (network_local_port)`,
              `p${quantile * 100} :{{network_local_port}}`,
              'ABC'[i],
            ),
          ),
        overTime('Time in the accept queue', 's'),
      ),
    )
    .withPanel(
      overTime('Accept queue, longest, against its limit', 'short')
        .withTarget(
          query(`max_over_time(${ACCEPTS} | ${LENGTH} [$__auto]) by (network_local_port)`, ':{{network_local_port}}'),
        )
        .withTarget(
          query(
            `max_over_time(${ACCEPTS} | ${LIMIT} [$__auto]) by (network_local_port)`,
            'limit :{{network_local_port}}',
            'B',
          ),
        ),
    )
    .withPanel(
      overTime('Accepts under overload, counted without a record', 'short').withTarget(
        query(
          `sum by (network_local_port, process_executable_name) (sum_over_time(${SUMMARIES} | unwrap tcpaccept_summary_count | __error__="" [$__auto]))`,
          '{{process_executable_name}} :{{network_local_port}}',
        ),
      ),
    )
    .withPanel(
      overTime('Records lost, by cause', 'short').withTarget(
        query(
          `sum by (tcpaccept_loss_cause) (sum_over_time(${LOSSES} | unwrap tcpaccept_loss_count | __error__="" [$__auto]))`,
          '{{tcpaccept_loss_cause}}',
        ),
      ),
    )
    .withRow(new RowBuilder('Who'))
    .withPanel(
      new TablePanel()
        .title('Peers with the most accepts')
        .datasource(LOKI)
        .span(12)
        .withTarget(
          query(`topk(10, sum by (network_peer_address) (count_over_time(${ACCEPTS} [$__range])))`, '')
            .instant(true)
            .queryType('instant'),
        ),
    )
    .withPanel(
      overTime('Accepts a second by process', 'cps').withTarget(
        query(
          `sum by (process_executable_name) (rate(${ACCEPTS} | process_executable_name!="" [$__auto]))`,
          '{{process_executable_name}}',
        ),
      ),
    )
    .withPanel(
      overTime('Accepts a second by pod', 'cps').withTarget(
        query(
          `sum by (k8s_namespace_name, k8s_pod_name) (rate(${ACCEPTS} | k8s_pod_name!="" [$__auto]))`,
          '{{k8s_namespace_name}}/{{k8s_pod_name}}',
        ),
      ),
    )
    .withPanel(new LogsPanel().title('Accepts').datasource(LOKI).span(12).showTime(true).withTarget(query(ACCEPTS, '')))
    .build();
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}

function overTime(title: string, unit: string): TimePanel {
  return new TimePanel()
    .title(title)
    .datasource(LOKI)
    .unit(unit)
    .min(0)
    .span(12)
    .legend(new VizLegendOptionsBuilder().showLegend(true));
}

/** `refId` tells the queries of one panel apart. */
function query(expr: string, legend: string, refId = 'A'): DataqueryBuilder {
  return new DataqueryBuilder().refId(refId).expr(expr).legendFormat(legend).datasource(LOKI);
}
