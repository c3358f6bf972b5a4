kubectl get pods -A --field-selector spec.nodeName=NODE -o json && echo && kubectl get poddisruptionbudgets -A -o json
