"""Labels that Intercom shows in the language of the workspace, such as states and channels."""

from __future__ import annotations

from typing import Literal, get_args

Language = Literal["en", "pt"]
"""A language of a simulated workspace."""

LANGUAGES: tuple[str, ...] = get_args(Language)
"""All languages."""


class Label(str):
    """A text of Intercom, in English, that is translated into the workspace's language."""

    __slots__ = ()


_PORTUGUESE = {
    "Active": "Ativo",
    "Agent": "Agente",
    "Assign": "Atribuir",
    "Away": "Ausente",
    "Chat": "Conversa",
    "Close": "Fechar",
    "Closed": "Fechada",
    "Completed": "Concluída",
    "Customer": "Cliente",
    "Customer reply": "Resposta do cliente",
    "Email": "E-mail",
    "First response time": "Tempo de primeira resposta",
    "Fixed": "Corrigido",
    "Hit": "Atingido",
    "In progress": "Em andamento",
    "Inbound": "Recebida",
    "Lunch": "Almoço",
    "Missed": "Perdido",
    "Missed call": "Chamada perdida",
    "Open": "Aberta",
    "Outbound": "Efetuada",
    "Phone call": "Toque",
    "Reopen": "Reabrir",
    "Reply": "Responder",
    "Resolved": "Resolvido",
    "Snooze": "Adiar",
    "Snoozed": "Adiada",
    "Submitted": "Enviado",
    "Teammate": "Membro da equipe",
    "Time to close": "Tempo até o fechamento",
    "Unassigned": "Não atribuído",
    "Waiting on customer": "Aguardando o cliente",
    "Workflow": "Fluxo de trabalho",
}


def translated(label: Label, language: Language) -> str:
    """Translate a label; untranslated labels stay in English, as in Intercom.

    Args:
        label: The label.
        language: The language.
    """
    return _PORTUGUESE.get(label, str(label)) if language == "pt" else str(label)
