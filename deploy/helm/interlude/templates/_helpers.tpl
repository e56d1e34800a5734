{{- define "interlude.name" -}}
{{- ternary .Release.Name (printf "%s-interlude" .Release.Name) (contains "interlude" .Release.Name) | trunc 53 | trimSuffix "-" }}
{{- end }}

{{- define "interlude.selector" -}}
app.kubernetes.io/name: interlude
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "interlude.labels" -}}
{{ include "interlude.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "interlude.serviceAccount" -}}
{{ default (include "interlude.name" .) .Values.serviceAccount.name }}
{{- end }}

{{/* Whether something other than the Deployment decides how many replicas there are. */}}
{{- define "interlude.scales" -}}
{{ if ne .Values.autoscaling.by "none" }}yes{{ end }}
{{- end }}
